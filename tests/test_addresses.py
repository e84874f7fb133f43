"""Addresses are read in one way, and only those of the public internet are spoken to."""

import pytest

from ingest.sources.fetching import is_public, parse_address
from rag.errors import NotesError


@pytest.mark.parametrize(
    ("url", "one_spelling"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a/?q=1#part", "https://example.org/a/?q=1"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("http://example.org./ä b".replace(" ", "%20"), "http://example.org/%C3%A4%20b"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://example.org?x=/&y=ü", "http://example.org/?x=/&y=%C3%BC"),
    ],
)
def test_an_address_has_one_spelling(url, one_spelling):
    assert parse_address(url).url == one_spelling
    assert parse_address(one_spelling).url == one_spelling


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org",
        "http://",
        "http:///path",
        "http://user:secret@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://example.org /",
        "http://exam\tple.org/",
        "http://example.org/\r\nHost: other",
        "http://example.org:99999/",
        "http://example.org:port/",
        "http://a..b/",
        "http://-/",
        "http://[::1%25lo]/",
        "http://[127.0.0.1]/",
        "http://[::1/",
        f"http://{'a' * 64}.org/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.1.2/",
        "http://1.2.3.0x4/",
        "http://\N{FULLWIDTH DIGIT ONE}27.1/",
    ],
)
def test_what_is_no_address_or_dresses_up_where_it_leads_to_is_refused(url):
    with pytest.raises(NotesError) as caught:
        parse_address(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127。0。0。1/", "http://\N{CIRCLED DIGIT ONE}27.0.0.1/"])
def test_digits_in_disguise_are_the_address_that_a_browser_takes_them_for(url):
    assert parse_address(url).host == "127.0.0.1"


def test_a_password_is_not_repeated_in_the_message():
    with pytest.raises(NotesError) as caught:
        parse_address("http://me:canary@example.org/")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("ip", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_addresses_of_the_public_internet_are_public(ip):
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    """
    127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254
    100.64.0.1 100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1
    203.0.113.1 192.88.99.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:93.184.215.14 ::ffff:0:127.0.0.1 fe80::1 fe80::1%eth0
    fec0::1 fc00::1 fd00:ec2::254 ff02::1 64:ff9b::7f00:1 64:ff9b:1::a00:1 100::1 2001:db8::1
    2002:7f00:1:: 2001::1 3fff::1 4000::1
    localhost 127.1
    """.split(),
)
def test_other_addresses_are_not(ip):
    assert not is_public(ip)
