"""Text as it is spoken: cases by language, and what holds for every text."""
# ruff: noqa: E501

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.text.languages import LANGUAGES
from models.text.normalise import normalise

ENGLISH = """
It costs $3.50 in 2026. | It costs three dollars and fifty cents in twenty twenty-six.
$1, $0.99, -$5, $5M, £10.01 | one dollar, ninety-nine cents, minus five dollars, five million dollars, ten pounds and one penny
$2.5 million, 20€, 100 USD, $5-10 | two point five million dollars, twenty euros, one hundred U.S. dollars, five to ten dollars
It grew 5% or 5–10%, from -3% to +4%. | It grew five percent or five to ten percent, from minus three percent to plus four percent.
25°C, -5 °C, 77°F, 90° | twenty-five degrees Celsius, minus five degrees Celsius, seventy-seven degrees Fahrenheit, ninety degrees
5 km, 1 km, a 5-km walk, 60 km/h | five kilometers, one kilometer, a five-kilometer walk, sixty kilometers per hour
3.5GHz, 16 GB, 9.8 m/s², 10 m² | three point five gigahertz, sixteen gigabytes, nine point eight meters per second squared, ten square meters
2024-03-05 and 3/5/2024 | March fifth, twenty twenty-four and March fifth, twenty twenty-four
March 5, 2024; Mar. 5; March 5-7 | March fifth, twenty twenty-four; March fifth; March fifth to seventh
5 March 2024; the 4th of July | the fifth of March twenty twenty-four; the fourth of July
at 3:45 pm, 15:30, 3:05, 10:00 | at three forty-five PM, fifteen thirty, three oh five, ten o'clock
We meet at 5 p.m. | We meet at five PM.
In the 1990s and the 2000s; in 1066 | In the nineteen nineties and the two thousands; in ten sixty-six
1st, 2nd, 21st, 100th | first, second, twenty-first, one hundredth
1/2 cup, 3/4, 2 1/2, ½, 24/7 | one half cup, three quarters, two and one half, one half, twenty-four seven
pages 5-7, 1914–1918 | pages five to seven, nineteen fourteen to nineteen eighteen
Version 3.11.2, v2.0 | Version three point eleven point two, version two point zero
Call 555-123-4567. | Call five five five, one two three, four five six seven.
1,234.5 and 1000000 and 007 | one thousand two hundred and thirty-four point five and one million and zero zero seven
-5, 3 - 2, x = 5, x - y | minus five, three minus two, x equals five, x minus y
1,000,000,000,000,000 | one quadrillion
Chapter IV, World War II, Henry VIII | Chapter four, World War two, Henry the eighth
Then I am, and Section I wrote. | Then I am, and Section I wrote.
cats, e.g. lions, i.e. big ones, etc. | cats, for example lions, that is big ones, et cetera.
Dr. Smith vs. Mr. Jones, Fig. 2, No. 5, pp. 3-4 | Doctor Smith versus Mister Jones, Figure two, Number five, pages three to four
https://www.example.com/docs/a-b. | W W W dot example dot com slash docs slash a dash b.
Mail me@example.co.uk, see example.com. | Mail me at example dot co dot uk, see example dot com.
Open main.py and /etc/hosts. | Open main dot py and slash etc slash hosts.
list.append(), my_var, os.path.join | list dot append, my var, os dot path dot join
C++, C#, .NET, Node.js, #python, #5 | C plus plus, C sharp, dot net, Node dot js, hashtag python, number five
H2O, CO2, C6H12O6, NaCl | H two O, C O two, C six H twelve O six, N.A C L
MP3, GPT-4, B12, x86, 4K, R2D2 | MP three, GPT four, B twelve, x eighty-six, four K, R two D two
x^2 + y² = z^n, 2^10 | x squared plus y squared equals z to the power of n, two to the power of ten
a ≤ b, π ≈ 3.14, √2, 3 × 4 ÷ 2, α | a is at most b, pi is approximately three point one four, the square root of two, three times four divided by two, alpha
HTTP and NASA, AT&T, R&D | HTTP and NASA, AT and T, R and D
10:1, 16:9, ~5, 100+ | ten to one, sixteen to nine, about five, one hundred plus
a well-known state-of-the-art e-mail | a well-known state-of-the-art e-mail
and/or, client/server, A/B test | and or, client server, A B test
Hello “you” — ok… fine ☕ . | Hello "you" — ok… fine.
He's 6'2". | He's six foot two.
100,000 people; 1500 people; 0.5; .5 | one hundred thousand people; fifteen hundred people; zero point five; zero point five
Call 911 or 1-800-555-0199. | Call nine one one or one, eight zero zero, five five five, zero one nine nine.
5e-3, Table 4-1, H.264 | five times ten to the power of minus three, Table four dash one, H dot two hundred and sixty-four
x != y, a >= b, p(x) <= 1 | x is not equal to y, a is at least b, p of x is at most one
Mrs. Smith of St. James St. | Missus Smith of Saint James Street.
Press Ctrl+C or Alt-F4. | Press Ctrl plus C or Alt-F four.
你好 in 第3章 | 你好 in 第三章
"""
CHINESE = """
今天是2024年3月5日。 | 今天是二零二四年三月五日。
2024-03-05 | 二零二四年三月五日
1990年代，90年代，1914-1918年 | 一九九零年代，九十年代，一九一四到一九一八年
15:30，8:00上课，8:05下课，2:00 | 十五点三十分，八点上课，八点零五分下课，两点
50%，5%-10%，-3.5%，100%，3‰ | 百分之五十，百分之五到百分之十，负百分之三点五，百分之百，千分之三
¥100、$100、100万元、-$5 | 一百元、一百美元、一百万元、负五美元
25°C，-5℃，20~25℃，77°F | 二十五摄氏度，零下五摄氏度，二十到二十五摄氏度，华氏七十七度
5km、10 kg、3.5GHz、60km/h、10m² | 五千米、十千克、三点五吉赫兹、六十千米每小时、十平方米
1/2、3:1、3.14、-5 | 二分之一、三比一、三点一四、负五
2个苹果，12个，2月2日，第2课，2楼，2年，2年级，2点 | 两个苹果，十二个，二月二日，第二课，二楼，两年，二年级，两点
10~20个，5-7页 | 十到二十个，五到七页
电话13812345678 | 电话幺三八幺二三四五六七八
x²+y²=z²，3+2=5，5-3=2，3×4÷2 | x的平方加y的平方等于z的平方，三加二等于五，五减三等于二，三乘以四除以二
3.11.2版本，Python 3.11 | 三点一一点二版本，Python 三点一一
GPT-4、MP3、5G、3D | GPT 四、MP 三、五G、三D
用HTTP/2协议，C++和C# | 用HTTP 二协议，C plus plus和C sharp
101、1000、10000、100000000 | 一百零一、一千、一万、一亿
ＡＢＣ１２３，（世界）！ | ABC 一二三，（世界）！
写 a@b.com。 | 写 a at b dot com。
会议9:00-11:30，3月-5月，周一~周五 | 会议九点到十一点三十分，三月到五月，周一到周五
光速约为3×10^8m/s，如图3-1所示 | 光速约为三乘以十的八次方米每秒，如图三杠一所示
9.9元/个，拨打110或120，No.1 | 九点九元每个，拨打幺幺零或幺二零，第一
A 组有 3 人 | A 组有三人
第3章 <标签> | 第三章 标签
"""
JAPANESE = """
2024年3月5日、2024-03-05です。 | 二千二十四年三月五日、二千二十四年三月五日です。
15:30に、8:00に | 十五時三十分に、八時に
50%増、25℃、-5°C、5km、3〜5個 | 五十パーセント増、二十五度、マイナス五度、五キロメートル、三から五個
¥100、$20、1,000円、3億円 | 百円、二十ドル、千円、三億円
3.14、1/2、3:1、x²+y² | 三点一四、二分の一、三対一、xの二乗プラスyの二乗
第3章、3本、2人、1つ | 第三章、三本、二人、一つ
3-2=1、-5 | 三ひく二イコール一、マイナス五
ﾊﾛｰ、ＡＢＣ | ハロー、ABC
GPT-4とMP3 | GPT 四とMP 三
"""
KOREAN = """
2024년 6월 5일 15:30 | 이천이십사년 유월 오일 열다섯 시 삼십분
사과 3개, 20명, 10월 | 사과 세 개, 스무 명, 시월
50% 증가, 5km, 16GB | 오십 퍼센트 증가, 오 킬로미터, 십육 기가바이트
$20, ₩1,000, 3.14, 1/2 | 이십 달러, 천 원, 삼 점 일사, 이분의 일
010-1234-5678 | 공일공, 일이삼사, 오육칠팔
25°C, -5℃ | 섭씨 이십오도, 섭씨 영하 오도
"""
CANTONESE = """
今日係2024年3月5日，15:30 | 今日係二零二四年三月五日，十五點三十分
2個人，50%，25°C | 兩個人，百分之五十，二十五攝氏度
"""


def cases() -> list[tuple[str, str, str]]:
    tables = {"en": ENGLISH, "zh": CHINESE, "ja": JAPANESE, "ko": KOREAN, "yue": CANTONESE}
    lines = [(language, line) for language, table in tables.items() for line in table.strip().splitlines()]
    return [(language, *map(str.strip, line.split(" | "))) for language, line in lines]  # type: ignore[misc]


@pytest.mark.parametrize(("language", "text", "expected"), cases())
def test_cases(language, text, expected):
    assert normalise(text, language) == expected


WRITTEN = st.text(
    st.sampled_from("abcXYZ 0123456789.,:;-–—/%$€£¥°+=×^~()[]<>&@#*_'\"!?你好第年月日点个の本안녕개，。？“”…🎉²½απ\n"),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(WRITTEN, st.sampled_from(LANGUAGES))
def test_no_digit_is_left_and_no_letter_is_lost(text, language):
    spoken = normalise(text, language)
    assert not any(c.isdecimal() for c in spoken)
    for c in "你好안녕の":
        assert spoken.count(c) >= text.count(c)
    assert spoken == " ".join(spoken.split())


WORDS = ("lantern", "copper", "violin", "meadow")
PIECES = st.sampled_from(
    (
        *WORDS,
        *'0123456789.,:;-–—/%$€£¥°+=×^~()[]{}<>&@#*_|\\"!? 第年个は개',
        "//",
        "**",
        "==",
        "&&",
        " km",
        "</",
        "~",
        "bn",
        "™",
        "²",
        "α",
    )
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=24).map("".join), st.sampled_from(LANGUAGES))
def test_no_word_is_lost_whatever_signs_are_around_it(text, language):
    spoken = normalise(text, language)
    for word in WORDS:
        assert spoken.count(word) == text.count(word)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=24).map("".join), st.sampled_from(("en", "ko")))
def test_no_word_grows_together_with_what_is_said_beside_it(text, language):
    written, said = (re.findall("[A-Za-z]+", one) for one in (text, normalise(text, language)))
    for word in set(WORDS) & set(written):
        assert said.count(word) >= written.count(word)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
def test_any_text_can_be_normalised(text, language):
    assert isinstance(normalise(text, language), str)


def test_no_library_is_loaded_before_there_is_a_number():
    code = (
        "import sys; from models.text.normalise import normalise; normalise('Hello, world — 你好。', 'en'); "
        "print([m for m in ('num2words', 'cn2an', 'spacy', 'jieba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
