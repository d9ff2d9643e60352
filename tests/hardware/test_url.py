from hardware.url import Url


def test_the_last_question_mark_begins_the_options() -> None:
    url = Url("serial:rfc2217://h:1?ign_set_control?format=line")
    assert (url.scheme, url.target, url.choice("format", ["line"])) == (
        "serial",
        "rfc2217://h:1?ign_set_control",
        "line",
    )


def test_a_url_may_have_no_options() -> None:
    url = Url("simulated:/run/x.sock")
    url.finish()
    assert (url.scheme, url.target, url.problems) == ("simulated", "/run/x.sock", [])


def test_every_problem_is_noted_in_one_pass() -> None:
    url = Url("s:t?a=1&a=2&b&c=9&formatt=x")
    url.choice("format", ["line", "id12"])
    url.whole("c", 1, 8)
    url.whole("a", 1, 8)
    url.finish()
    assert url.problems == [
        "a stands there twice; keep one.",
        '"b" is not an option; write key=value, with & between two of them.',
        "format is missing; add format=… (one of id12, line): it is never guessed.",
        'c="9" must be a whole number from 1 to 8.',
        'The option "b" is not known; known here: a, c, format.',
        'The option "formatt" is not known; did you mean "format"?',
    ]


def test_a_number_in_foreign_digits_is_refused() -> None:
    url = Url("s:t?c=٣")
    url.whole("c", 1, 8)
    assert url.problems == ['c="٣" must be a whole number from 1 to 8.']


def test_an_endless_url_is_refused() -> None:
    assert Url("serial:" + "x" * 1024).problems == ["A driver's URL is at most 1024 printable characters; shorten it."]


def test_a_url_with_a_line_end_is_refused() -> None:
    assert Url("serial:///dev/x\n").problems == ["A driver's URL is at most 1024 printable characters; shorten it."]
