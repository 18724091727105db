"""What a sign is called when a text is spelled out, character by character."""

from __future__ import annotations

from importlib import import_module

from models.text.normalise.tables import words

_SIGNS = ".,:;!?'\"-_/\\()[]{}<>@#$%&*+=~^|`，。：；！？、·…—“”‘’"
_NAMES = {
    "en": (
        "dot|comma|colon|semicolon|exclamation mark|question mark|apostrophe|quotation mark|dash|underscore|slash|"
        "backslash|open parenthesis|close parenthesis|open bracket|close bracket|open brace|close brace|less than|"
        "greater than|at|hash|dollar|percent|ampersand|star|plus|equals|tilde|caret|vertical bar|backtick|"
        "comma|full stop|colon|semicolon|exclamation mark|question mark|comma|middle dot|ellipsis|dash|"
        "open quote|close quote|open quote|close quote"
    ),
    "zh": (
        "点|逗号|冒号|分号|感叹号|问号|撇号|引号|横杠|下划线|斜杠|反斜杠|左括号|右括号|左方括号|右方括号|左花括号|右花括号|"
        "小于号|大于号|艾特|井号|美元符号|百分号|和号|星号|加号|等号|波浪号|脱字符|竖线|反引号|"
        "逗号|句号|冒号|分号|感叹号|问号|顿号|间隔号|省略号|破折号|左引号|右引号|左引号|右引号"
    ),
    "yue": (
        "點|逗號|冒號|分號|感嘆號|問號|撇號|引號|橫線|底線|斜線|反斜線|左括號|右括號|左方括號|右方括號|左花括號|右花括號|"
        "小於號|大於號|艾特|井號|美元符號|百分號|和號|星號|加號|等號|波浪號|脫字符|豎線|反引號|"
        "逗號|句號|冒號|分號|感嘆號|問號|頓號|間隔號|省略號|破折號|左引號|右引號|左引號|右引號"
    ),
    "ja": (
        "ドット|コンマ|コロン|セミコロン|エクスクラメーションマーク|クエスチョンマーク|アポストロフィ|引用符|ハイフン|"
        "アンダースコア|スラッシュ|バックスラッシュ|かっこ開き|かっこ閉じ|角かっこ開き|角かっこ閉じ|波かっこ開き|波かっこ閉じ|"
        "小なり|大なり|アットマーク|シャープ|ドル記号|パーセント|アンド|アスタリスク|プラス|イコール|チルダ|キャレット|縦線|"
        "バッククォート|コンマ|まる|コロン|セミコロン|感嘆符|疑問符|読点|中点|三点リーダー|ダッシュ|"
        "引用符開き|引用符閉じ|引用符開き|引用符閉じ"
    ),
    "ko": (
        "점|쉼표|콜론|세미콜론|느낌표|물음표|아포스트로피|따옴표|하이픈|밑줄|슬래시|역슬래시|괄호 열고|괄호 닫고|"
        "대괄호 열고|대괄호 닫고|중괄호 열고|중괄호 닫고|작다 기호|크다 기호|골뱅이|샵|달러 기호|퍼센트|앤드|별표|"
        "더하기|등호|물결표|"
        "캐럿|세로줄|백틱|쉼표|마침표|콜론|세미콜론|느낌표|물음표|쉼표|가운뎃점|말줄임표|줄표|"
        "따옴표 열고|따옴표 닫고|따옴표 열고|따옴표 닫고"
    ),
}


def sign_name(sign: str, language: str) -> str:
    """The name of a sign; of mathematics, money and Greek what the language's rules read. Empty if unknown."""
    at = _SIGNS.find(sign)
    if at >= 0:
        return _NAMES[language].split("|")[at]
    if language == "ko":
        return words("ko", "signs").get(sign, "")
    if language == "en":
        return words("en", "signs").get(sign, "") or words("en", "greek").get(sign, "")
    tables = {"zh": "zh_words", "yue": "zh_words", "ja": "ja"}
    module = import_module(f"models.text.normalise.{tables[language]}")
    greek: dict[str, str] = getattr(module, "GREEK", {})
    return module.SIGNS.get(sign, "") or greek.get(sign, "")
