"""The readers' pages over HTTP: signing up, confirming, choosing, leaving and coming back, by plain forms.

`receiving` takes a request in and sends an answer out; `forms` reads what was sent and `guarding` judges from where, both
purely; `stamps` knows how long a form was open; `printing` keeps the site's pages ready. `signing_up`, `answering` and
`choosing` have one handler for each address, each of which calls one act of `digest.desk`; `app` is the application.
"""
