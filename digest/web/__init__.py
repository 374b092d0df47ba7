"""HTTP, and nothing else: parse a request, call one function, answer.

`public_site` is the application. A path becomes a file (`addresses`) with its fields (`fields`); `shelf` reads or makes
what is there, `finding` and `keeping` keep it, `resources` has it ready to be sent; `conditions`, `codings` and `deltas`
are rules of HTTP as pure functions. `press` answers private feeds, `beside` other routes, such as those of `readers`, where
people sign up, choose and leave, and `refusals` everything else.
`serving` listens, `working` keeps other work going in the same loop, and `running` puts all of it together.
"""
