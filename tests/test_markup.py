"""People's words stay words: nothing they type becomes markup, on any line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.markup import Block, Span, _parsed, blocks, clean, escape, plain


def shown(text):
    return " ".join(clean(text).split())


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.text("*_`[]()<>#+-=~!&|\\1.) \n\tab:/", max_size=40),
)


@settings(max_examples=400)
@given(HOSTILE)
def test_escaped_text_is_shown_as_it_was_written(text):
    if shown(text):
        (block,) = blocks(escape(text))
        assert (block.kind, block.mark) == ("paragraph", "")
        assert "".join(span.text for span in block.spans).split() == shown(text).split()
        assert all(not (span.bold or span.italic or span.code or span.link) for span in block.spans)


@settings(max_examples=200)
@given(HOSTILE)
def test_escaped_text_stays_one_list_item(text):
    if shown(text):
        (block,) = blocks(f"- {escape(text)}")
        assert block.kind == "item"
        assert "".join(span.text for span in block.spans).split() == shown(text).split()


def test_markdown_becomes_blocks_of_spans():
    assert blocks("## Title\n\nA **bold** *word* and `code`.\n\n- one\n- two\n\n> said") == (
        Block("heading", (Span("Title"),)),
        Block(
            "paragraph",
            (
                Span("A "),
                Span("bold", bold=True),
                Span(" "),
                Span("word", italic=True),
                Span(" and "),
                Span("code", code=True),
                Span("."),
            ),
        ),
        Block("item", (Span("one"),), "•"),
        Block("item", (Span("two"),), "•"),
        Block("quote", (Span("said"),)),
    )


def test_the_plain_form_keeps_numbers_links_and_quotes():
    assert (
        plain("1. first\n2. [second](https://example.org)\n\n> quoted") == "1. first\n2. second (https://example.org)\n\n> quoted"
    )


PIECES = st.lists(
    st.sampled_from(
        ["Noted: 10,000.", "**Which?**", "- one", "  two", "1. first", "> said", "# Head", "```", "a", "===", "[a]: http://x.y",
         "Words [a]", "\tcode", "*", "_so", "so_", "---", ""]
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=400)
@given(PIECES, st.sampled_from(["\n", "\n\n", "\n\n\n"]))
def test_a_first_line_read_by_itself_changes_nothing(pieces, gap):
    markdown = gap.join(pieces)
    assert blocks(markdown) == _parsed(markdown)
