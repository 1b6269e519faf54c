import pytest

from media_pipeline.captions import MAX_BYTES, to_webvtt

SRT = (
    "1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>螺距</i> & <b>层厚</b>\r\n第二行\r\n\r\n"
    "2\r\n00:00:00,000 --> 00:00:01,000\r\n开始\r\n"
)
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n开始\n\n00:00:01.500 --> 00:00:03.000\n螺距 &amp; 层厚\n第二行\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_subrip_becomes_plain_webvtt_in_order(encoding):
    assert to_webvtt(SRT.encode(encoding)) == VTT


def test_webvtt_loses_styles_names_and_positions():
    raw = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue { background: url(http://x/y) }\n\nNOTE hidden\n\n"
        "intro\n00:01.000 --> 01:02:03.004 line:0 align:left\n<v Wang><script>alert(1)</script>你好 {\\an8}a --> b\n"
    )
    assert to_webvtt(raw.encode()) == "WEBVTT\n\n00:00:01.000 --> 01:02:03.004\nalert(1)你好 a → b\n"


def test_markup_made_by_unescaping_stays_text():
    raw = "1\n00:00:01,000 --> 00:00:02,000\n&lt;b onclick=x&gt;\n"
    assert to_webvtt(raw.encode()).endswith("\n&lt;b onclick=x&gt;\n")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"WEBVTT\n\n",
        b"no captions at all",
        b"1\n00:00:02,000 --> 00:00:01,000\nends before it begins\n",
        b"\x00\x01\x02",
        b"\x80\xff\xff",
        b"x" * (MAX_BYTES + 1),
    ],
)
def test_what_holds_no_captions_is_refused(raw):
    with pytest.raises(ValueError):
        to_webvtt(raw)
