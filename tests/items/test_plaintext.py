"""The plain text of a body says all that its HTML says."""

from __future__ import annotations

from digest.items.plaintext import render_text

BODY = """# Head

One [link](https://e.org/a) and <https://e.org/b>,
write to [us](mailto:us@e.org) or <me@e.org>.

> Quoted
>
> - one
> - two

3. three
4. four
   - inner

- loose

  more

```
code < 1
```

***

![a map](/m.png)
"""
TEXT = """Head

One link (https://e.org/a) and https://e.org/b, write to us (us@e.org) or me@e.org.

> Quoted
>
> - one
> - two

3. three
4. four
   - inner

- loose

  more

    code < 1

* * *

a map (https://n.example/m.png)"""


def test_structure_and_addresses_are_kept() -> None:
    assert render_text(BODY, "https://n.example/items/x/") == TEXT


def test_entities_and_breaks_are_plain() -> None:
    assert render_text("a &amp; b  \nc") == "a & b\nc"
    assert render_text("") == ""
