"""cmark, the CommonMark parser, without a leak: cmarkgfm's own function never frees the HTML that C hands to it."""

from __future__ import annotations

import ctypes

from cmarkgfm.cmark import _cmark

__all__ = ["to_html"]

_free = ctypes.CDLL(None).free
_free.argtypes = [ctypes.c_void_p]
_free.restype = None


def to_html(markdown: str, options: int = 0) -> str:
    """HTML of CommonMark as cmark writes it; `options` are those of `cmarkgfm.cmark.Options`."""
    data = markdown.encode("utf-8")
    raw = _cmark.lib.cmark_markdown_to_html(data, len(data), options)
    try:
        # cmark writes the two code points that are no characters as bytes that UTF-8 never has
        data = bytes(_cmark.ffi.string(raw)).replace(b"\xfe", b"\xef\xbf\xbe").replace(b"\xff", b"\xef\xbf\xbf")
        return data.decode("utf-8")
    finally:
        _free(int(_cmark.ffi.cast("uintptr_t", raw)))
