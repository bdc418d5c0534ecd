"""Problems at the edge: RFC 9457 documents with stable codes, in Vietnamese and English; all codes are here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails, to_json
from starlette.responses import Response

from contracts.fields import Problem

MEDIA_TYPE = "application/problem+json"


class Code(NamedTuple):
    """What a code means: the HTTP status it comes with, and its title in both languages."""

    status: int
    vi: str
    en: str


CODES = {
    "token.missing": Code(401, "Thiếu mã truy cập", "No access token was sent"),
    "token.invalid": Code(401, "Mã truy cập không hợp lệ", "The access token is not valid"),
    "token.expired": Code(401, "Mã truy cập đã hết hạn", "The access token has expired"),
    "token.party": Code(403, "Mã truy cập không nêu đúng bên tham gia", "The token names no party that is known here"),
    "issuer.refused": Code(401, "Sai khóa bí mật của bộ cấp mã thử nghiệm", "The development secret is wrong"),
    "party.class": Code(403, "Bên tham gia này không được xem nội dung này", "This class of party may not see this"),
    "party.role": Code(403, "Người dùng không có vai trò này", "The person does not act in the role that this needs"),
    "party.source": Code(403, "Không được nói thay bên khác", "The event's source is another party"),
    "party.type": Code(403, "Bên tham gia này không được gửi loại sự kiện này", "This party may not say this type"),
    "party.unit": Code(403, "Đơn vị nằm ngoài phạm vi quản lý", "The unit is outside the party's own subtree"),
    "party.worker": Code(403, "Người lao động nằm ngoài phạm vi quản lý", "The worker is outside the party's subtree"),
    "party.campaign": Code(403, "Chiến dịch nằm ngoài phạm vi quản lý", "The campaign is outside the party's subtree"),
    "party.clinic": Code(403, "Cơ sở khám bệnh khác", "The clinic is another than the party's own"),
    "party.visit": Code(403, "Lượt khám của cơ sở khác", "The visit, session or case belongs to another clinic"),
    "party.permit": Code(403, "Giấy phép do cơ quan khác cấp", "The permit was granted by another authority"),
    "not-found": Code(404, "Không tìm thấy", "There is nothing here that you may see"),
    "receipt.ended": Code(
        410, "Đã quá thời hạn lưu kết quả tiếp nhận", "What became of this is no longer kept: its time is over"
    ),
    "method": Code(405, "Phương thức không được hỗ trợ", "The method is not supported here"),
    "body.media-type": Code(415, "Kiểu nội dung không được hỗ trợ", "The content type is not supported"),
    "body.too-large": Code(413, "Nội dung quá lớn", "The body is too large"),
    "body.unreadable": Code(400, "Không đọc được nội dung gửi lên", "The body cannot be read as what it should be"),
    "body.slow": Code(408, "Nội dung gửi lên bị ngừng quá lâu", "The body paused for too long; send it again"),
    "body.busy": Code(
        503, "Quá nhiều nội dung đang được gửi cùng lúc; hãy gửi lại", "Too much is being sent at once; send it again"
    ),
    "batch.too-long": Code(413, "Lô có quá nhiều sự kiện", "The batch has too many events"),
    "batch.empty": Code(400, "Lô không có sự kiện nào", "The batch has no event"),
    "request.invalid": Code(422, "Yêu cầu không hợp lệ", "The request is not valid"),
    "event.invalid": Code(422, "Sự kiện không hợp lệ", "The event is not valid"),
    "event.envelope": Code(422, "Vỏ CloudEvents không hợp lệ", "The CloudEvents envelope is not valid"),
    "event.id": Code(422, "Mã sự kiện phải là UUID", "The event's id must be a UUID"),
    "event.type": Code(422, "Không biết loại sự kiện này", "The event's type is not known"),
    "event.ahead": Code(
        422, "Thời điểm sự kiện ở tương lai: hãy chỉnh đồng hồ", "The event's time lies ahead; set the clock"
    ),
    "event.reused": Code(409, "Mã sự kiện đã dùng cho nội dung khác", "The event's id was used for other content"),
    "idempotency.key": Code(
        422, "Idempotency-Key phải dài 1–200 ký tự", "Idempotency-Key must have 1 to 200 characters"
    ),
    "idempotency.reused": Code(422, "Idempotency-Key đã dùng cho nội dung khác", "The key was used for another body"),
    "rate.exceeded": Code(429, "Quá nhiều yêu cầu, hãy chờ", "Too many requests; wait and try again"),
    "cursor.invalid": Code(422, "Con trỏ trang không hợp lệ", "The page cursor is not valid"),
    "roster.refused": Code(422, "Không đọc được tệp danh sách", "The roster file cannot be taken"),
    "roster.empty": Code(422, "Tệp danh sách trống", "The roster file is empty"),
    "roster.busy": Code(
        503, "Hệ thống đang quá tải, chưa đọc kịp tệp; hãy gửi lại", "Too busy to read the file just now; send it again"
    ),
    "roster.key-away": Code(503, "Chưa lấy được khóa niêm phong", "The key to seal the roster cannot be had just now"),
    "roster.not-assessed": Code(409, "Danh sách chưa có kết quả theo dòng", "The roster has no answers by row yet"),
    "roster.other-file": Code(409, "Không phải tệp đã gửi", "This is not the file that was sent"),
    "file.not_a_workbook": Code(422, "Tệp không phải XLSX hay CSV", "The file is neither XLSX nor CSV"),
    "file.corrupt": Code(422, "Tệp hỏng", "The file is damaged"),
    "file.encrypted": Code(422, "Tệp có mật khẩu", "The file has a password"),
    "file.macros_present": Code(422, "Tệp chứa macro", "The file has macros"),
    "file.xml_doctype": Code(422, "Tệp chứa khai báo DOCTYPE", "The file has a DOCTYPE"),
    "file.too_large_uncompressed": Code(422, "Tệp quá lớn khi giải nén", "The file is too large when unpacked"),
    "file.too_many_rows": Code(422, "Quá 100.000 dòng", "The file has more than 100,000 rows"),
    "file.too_many_columns": Code(422, "Quá nhiều cột", "The file has too many columns"),
    "file.external_links": Code(422, "Tệp tham chiếu tệp khác", "The file refers to other files"),
    "file.hidden_sheets_ignored": Code(422, "Bỏ qua trang tính ẩn", "Hidden sheets were left out"),
    "file.legacy_codepage": Code(422, "Bảng mã cũ đã được chuyển đổi", "A legacy code page was converted"),
    "identity.away": Code(503, "Dịch vụ định danh tạm ngừng", "The identity service is away"),
    "identity.not-booked": Code(
        403, "Chỉ xem được người đã hẹn khám tại cơ sở", "Only workers booked here, in these days"
    ),
    "internal": Code(500, "Lỗi hệ thống, đã được ghi lại", "Something broke here; it was noted"),
    "database.away": Code(503, "Hệ thống tạm ngừng, hãy thử lại", "The gateway cannot store anything just now"),
    "field.missing": Code(422, "Thiếu trường bắt buộc", "A required field is missing"),
    "field.type": Code(422, "Sai kiểu dữ liệu", "The value has the wrong type"),
    "field.format": Code(422, "Sai định dạng", "The value is not in the expected form"),
    "field.choice": Code(422, "Giá trị không thuộc danh mục", "The value is none of the allowed ones"),
    "field.range": Code(422, "Giá trị ngoài khoảng cho phép", "The value is out of range"),
    "field.length": Code(422, "Quá dài, quá ngắn hoặc để trống", "The value is too long, too short or empty"),
    "field.unknown": Code(422, "Không có tham số này", "There is no such parameter here"),
    "field.repeated": Code(422, "Tham số được nêu nhiều lần", "The parameter is given more than once"),
    "field.invalid": Code(422, "Giá trị không hợp lệ", "The value is not valid"),
}

_FIELD_CODES = (
    ("missing", "field.missing"),
    ("literal_error", "field.choice"),
    ("enum", "field.choice"),
    ("_too_", "field.length"),
    ("too_", "field.length"),
    ("greater_than", "field.range"),
    ("less_than", "field.range"),
    ("multiple_of", "field.range"),
    ("_parsing", "field.format"),
    ("pattern", "field.format"),
    ("_inexact", "field.format"),
    ("_type", "field.type"),
)


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818
    """A request that is refused with a code of the list; `problems` says everything that is wrong at once."""

    code: str
    problems: Sequence[Problem] = ()
    headers: dict[str, str] = field(default_factory=dict)
    detail: str | None = None

    def __post_init__(self) -> None:
        Exception.__init__(self, self.code)


def problem(code: str, at: str | None = None) -> Problem:
    """One problem by its code, at a field where there is one."""
    _, vi, en = CODES[code]
    return Problem(code=code, field=at, message_vi=vi, message_en=en)


def of_fields(errors: Sequence[ErrorDetails], below: str = "") -> list[Problem]:
    """What pydantic found, as problems that name fields and never repeat a value."""
    return [
        problem(_field_code(error["type"]), ".".join([*([below] if below else []), *map(str, error["loc"])]))
        for error in errors
    ]


def _field_code(kind: str) -> str:
    return next((code for part, code in _FIELD_CODES if part in kind), "field.invalid")


def document(refusal: Refusal, *, language: str) -> dict[str, Any]:
    """The RFC 9457 members: `title` in the language asked for, both languages beside it."""
    status, vi, en = CODES[refusal.code]
    members = {
        "type": f"urn:khamdoan:problem:{refusal.code}",
        "code": refusal.code,
        "status": status,
        "title": en if language == "en" else vi,
        "title_vi": vi,
        "title_en": en,
        "detail": refusal.detail,
        "problems": [item.model_dump() for item in refusal.problems],
    }
    return {name: value for name, value in members.items() if value not in (None, [])}


def response(refusal: Refusal, *, accept_language: str = "") -> Response:
    """The refusal as the HTTP response of its code."""
    body = document(refusal, language=language_of(accept_language))
    return Response(to_json(body), body["status"], refusal.headers, MEDIA_TYPE)


def language_of(accept_language: str) -> str:
    """`vi` unless the header prefers English; Vietnamese comes first here."""
    ranked: dict[str, float] = {}
    for choice in accept_language.lower().split(","):
        tag, _, weight = choice.strip().partition(";q=")
        with_weight = float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0
        ranked[tag[:2]] = max(ranked.get(tag[:2], 0.0), with_weight)
    return "en" if ranked.get("en", 0.0) > ranked.get("vi", 0.0) else "vi"
