"""HTTP, and nothing else: parse a request, call one function, answer."""
