"""What can be wrong with a declaration: stable codes, in both languages; none repeats a value that was sent."""

from contracts.fields import Problem

MESSAGES = {
    "organisation.outside_subtree": (
        "Đơn vị này không thuộc phạm vi quản lý của bên gửi.",
        "The organisation is not in the sender's part of the tree.",
    ),
    "organisation.name_missing": ("Thiếu tên.", "The name is missing."),
    "organisation.code_missing": ("Thiếu mã đơn vị.", "The code is missing."),
    "organisation.name_invalid": (
        "Tên dài quá 300 ký tự hoặc có ký tự ẩn.",
        "The name has more than 300 characters, or hidden ones.",
    ),
    "organisation.code_invalid": (
        "Mã dài quá 100 ký tự hoặc có ký tự ẩn.",
        "The code has more than 100 characters, or hidden ones.",
    ),
    "organisation.parent_missing": ("Thiếu đơn vị cấp trên.", "The parent is missing."),
    "organisation.parent_kind": (
        "Đơn vị cấp trên không thể quản lý loại đơn vị này.",
        "A parent of that kind cannot have a child of this kind.",
    ),
    "organisation.parent_not_yet_valid": (
        "Đơn vị cấp trên chưa tồn tại vào ngày bắt đầu.",
        "The parent does not exist yet on the first day.",
    ),
    "organisation.parent_is_below": (
        "Đơn vị cấp trên lại nằm dưới chính đơn vị này.",
        "The parent is the organisation itself or lies below it.",
    ),
    "organisation.kind_changed": ("Không thể đổi loại đơn vị.", "An organisation does not change its kind."),
    "organisation.declared_by_another": (
        "Đơn vị do bên khác khai báo.",
        "Another party declared this organisation.",
    ),
    "place.province_unknown": ("Mã tỉnh không có trong danh mục.", "The province code is not in the code system."),
    "place.commune_unknown": ("Mã xã không có trong danh mục.", "The commune code is not in the code system."),
    "place.commune_of_another_province": ("Xã thuộc tỉnh khác.", "The commune belongs to another province."),
    "place.former_province_unknown": (
        "Mã tỉnh cũ không có trong danh mục 63 tỉnh, thành đến 30/06/2025.",
        "The former province code is not one of the 63 until 30 June 2025.",
    ),
    "place.became_another_province": (
        "Tỉnh cũ đã sáp nhập vào tỉnh khác với tỉnh đang khai báo.",
        "The former province became another one than that declared.",
    ),
    "place.former_commune_malformed": ("Mã xã cũ phải có 5 chữ số.", "A former commune code has five digits."),
    "tax_code.bad_format": (
        "Mã số thuế phải có 10 chữ số, 10 chữ số và 3 chữ số chi nhánh, hoặc 12 chữ số.",
        "A tax code has 10 digits, 10 digits and a branch of 3, or 12 digits.",
    ),
    "tax_code.bad_check_digit": ("Mã số thuế sai chữ số kiểm tra.", "The tax code's check digit is wrong."),
    "line.of_another_unit": ("Chuyền thuộc đơn vị khác.", "The line belongs to another unit."),
    "line.unit_is_no_union": ("Đơn vị của chuyền không phải công đoàn.", "The line's unit is not a union unit."),
    "line.employer_is_no_employer": ("Bên sử dụng lao động không hợp lệ.", "The employer is not an employer."),
    "line.shift_invalid": (
        "Ca làm việc phải bắt đầu trong ngày và kết thúc sau giờ bắt đầu, trong 24 giờ.",
        "A shift begins on its day and ends after it began, within 24 hours.",
    ),
    "line.reach_repeated": ("Một điểm khám được nêu hai lần.", "A site is named twice."),
    "monitoring.place": (
        "Mỗi nơi phải nêu đúng một trong hai: chuyền hoặc công việc.",
        "A place names either a line or a job.",
    ),
    "monitoring.hazard_unknown": ("Mã yếu tố có hại không có trong danh mục.", "A hazard's code is not known."),
    "monitoring.before_measured": (
        "Ngày áp dụng phải từ ngày đo trở đi.",
        "A report holds from the day of measuring at the earliest.",
    ),
    "roster.of_another_unit": ("Danh sách thuộc đơn vị khác.", "A roster named belongs to another unit."),
    "identity_review.unknown": ("Không có việc đối chiếu này.", "There is no such review."),
    "identity_review.not_a_registrar": (
        "Chỉ công đoàn cấp trên của cả hai đơn vị được quyết định.",
        "Only a union above both units, and above the grassroots, may decide.",
    ),
    "identity_review.contradicted": (
        "Quyết định này trái với một quyết định khác về cùng những người ấy.",
        "The word contradicts another one about the same people.",
    ),
    "identity_review.not_decided": ("Việc này chưa được quyết định.", "Nobody has decided this review."),
}


def problem(code: str, field: str | None = None) -> Problem:
    """A problem by its code, at a field of the declaration."""
    vi, en = MESSAGES[code]
    return Problem(code=code, field=field, message_vi=vi, message_en=en)
