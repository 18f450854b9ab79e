"""A second voice of the sandbox: bodies with the names, types and nesting of the providers' own documents.

Belongs here: pure functions from the universe to a body, one module a provider, and one a platform where full profiles
differ. Each module names the page and section that it follows. Each was written from these pages alone, without a look
at the code that reads the answers, so that a shared guess shows itself.
Does not belong here: prices, routing, jobs and faults. They are the same for both voices. Where the pages show no
body, the plain voice's body stays.
"""
