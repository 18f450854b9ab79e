"""Facts about an account beyond its key, and requests that follow from them.

What belongs here: facts about one account that change a request, its price or its limits. What does not: the key, the
budgets, and what a provider offers to every account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from typing import Concatenate, ParamSpec, overload

import msgspec

from creator_assets.providers.contract.operations import Answer, Operation, PagedRequest, Rate, Request
from creator_assets.providers.contract.price import Price

ArgumentsT = ParamSpec("ArgumentsT")


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Facts about an account beyond its key.

    ``client_id``: the account's id, where the provider asks for it. ``first_page``: the number of the first page of a
    search. ``is_trial``: the key is a trial key, with tighter rates and batches. ``prices`` replace the documented
    ones, by the operation's name. ``credit_price`` is what a credit costs, in one currency for all providers; None
    where it is not stated.
    """

    client_id: str = ""
    first_page: int = 1
    is_trial: bool = False
    prices: Mapping[str, Price] = {}
    credit_price: Decimal | None = None

    def in_force(self, operation: Operation) -> Operation:
        """The operation at the price that this account pays."""
        price = self.prices.get(operation.name)
        return operation if price is None else msgspec.structs.replace(operation, price=price)

    def rates_of(self, operation: Operation) -> tuple[Rate, ...]:
        """The operation's limits that hold for this account: those of a trial key, or those of a paid one."""
        return operation.trial_rates if self.is_trial and operation.trial_rates else operation.rates

    def priced(self, pages: PagedRequest) -> PagedRequest:
        """The same paged request, with every request at the price that this account pays."""
        if not self.prices:
            return pages

        def follow(answer: Answer, requests_made: int) -> Request | None:
            request = pages.follow(answer, requests_made)
            return None if request is None else self._priced(request)

        return msgspec.structs.replace(pages, first=self._priced(pages.first), follow=follow)

    def _priced(self, request: Request) -> Request:
        return msgspec.structs.replace(request, operation=self.in_force(request.operation))


@overload
def at_account_prices(
    make: Callable[Concatenate[ProviderSettings, ArgumentsT], PagedRequest],
) -> Callable[Concatenate[ProviderSettings, ArgumentsT], PagedRequest]: ...


@overload
def at_account_prices(
    make: Callable[Concatenate[ProviderSettings, ArgumentsT], list[PagedRequest]],
) -> Callable[Concatenate[ProviderSettings, ArgumentsT], list[PagedRequest]]: ...


def at_account_prices(
    make: Callable[Concatenate[ProviderSettings, ArgumentsT], PagedRequest | list[PagedRequest]],
) -> Callable[Concatenate[ProviderSettings, ArgumentsT], PagedRequest | list[PagedRequest]]:
    """Decorate a function that makes requests: every request then has the price that the account pays.

    The function's first argument is the account's settings. Plan and bill would disagree without this decorator.
    """

    @wraps(make)
    def priced(
        settings: ProviderSettings, /, *args: ArgumentsT.args, **options: ArgumentsT.kwargs
    ) -> PagedRequest | list[PagedRequest]:
        made = make(settings, *args, **options)
        return [settings.priced(one) for one in made] if isinstance(made, list) else settings.priced(made)

    return priced
