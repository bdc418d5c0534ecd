"""Every "no" of this service: its stable code and what it says, in Vietnamese and English."""

from contracts.fields import Problem

MESSAGES = {
    "campaign.closed": (
        "Chiến dịch đã kết thúc.",
        "The campaign is over.",
    ),
    "check.not-due": (
        "Người lao động không có đợt khám đến hạn trong chiến dịch này.",
        "The worker has no check due in this campaign.",
    ),
    "check.already-booked": (
        "Người lao động đã có lịch khám.",
        "The worker has an appointment already.",
    ),
    "check.done": (
        "Người lao động đã khám.",
        "The worker has been examined already.",
    ),
    "check.ended": (
        "Lượt khám đã kết thúc: người lao động đã nghỉ việc hoặc từ chối; lời từ chối có thể rút lại.",
        "The check has ended: the worker left or refused; a refusal can be withdrawn.",
    ),
    "refusal.none": (
        "Lượt khám này không bị từ chối.",
        "The check was not refused.",
    ),
    "refusal.final": (
        "Không còn rút lại được: người lao động đã nghỉ việc hoặc chiến dịch đang kết thúc.",
        "It is too late to withdraw the refusal: the worker left, or the campaign is closing.",
    ),
    "check.after-deadline": (
        "Ngày khám sau hạn chót theo luật.",
        "The day is after the legal deadline.",
    ),
    "worker.unavailable": (
        "Người lao động vắng mặt vào ngày đó.",
        "The worker is away on that day.",
    ),
    "absence.ends-first": (
        "Ngày kết thúc trước ngày bắt đầu.",
        "The last day is before the first.",
    ),
    "session.not-confirmed": (
        "Buổi khám chưa có giấy phép khám lưu động hoặc đã bị rút.",
        "The session has no permit yet or was withdrawn.",
    ),
    "session.past": (
        "Buổi khám không còn nhận đăng ký.",
        "The session takes no more bookings.",
    ),
    "session.on-holiday": (
        "Ngày nghỉ lễ, không tổ chức khám.",
        "No exam is held on a public holiday.",
    ),
    "session.other-campaign": (
        "Buổi khám thuộc chiến dịch khác.",
        "The session belongs to another campaign.",
    ),
    "session.out-of-reach": (
        "Điểm khám quá xa nơi làm việc.",
        "The exam site is too far from the workplace.",
    ),
    "session.not-licensed": (
        "Buổi khám không được phép khám bệnh nghề nghiệp.",
        "The session has no licence for occupational-disease examinations.",
    ),
    "session.not-equipped": (
        "Buổi khám thiếu bàn khám cần thiết.",
        "The session lacks a station that the check needs.",
    ),
    "session.timing": (
        "Không có khung giờ phù hợp (nhịn đói, nghỉ yên tĩnh hoặc cuối ca).",
        "No window suits the check (fasting, quiet rest or end of shift).",
    ),
    "session.full": (
        "Buổi khám đã hết chỗ.",
        "The session is full.",
    ),
    "session.unknown-window": (
        "Khung giờ không tồn tại.",
        "There is no such window.",
    ),
    "line.absence-ceiling": (
        "Quá nhiều người của dây chuyền vắng mặt cùng lúc.",
        "Too many of the production line would be away at once.",
    ),
    "wait-list.already-waiting": (
        "Người lao động đã ở trong danh sách chờ.",
        "The worker is on the wait-list already.",
    ),
    "wait-list.not-needed": (
        "Người lao động không còn cần chỗ chờ này: đã có lịch khác hoặc lượt khám đã kết thúc.",
        "The worker no longer needs this turn: another appointment was made or the check has ended.",
    ),
    "wait-list.ended": (
        "Buổi khám đã qua, không còn chỗ trống.",
        "The session is over and no seat became free.",
    ),
    "appointment.unknown": (
        "Không có lịch khám này.",
        "There is no such appointment.",
    ),
    "appointment.not-open": (
        "Lịch khám đã diễn ra hoặc đã hủy.",
        "The appointment is over or was cancelled.",
    ),
    "appointment.no-other-seat": (
        "Không còn chỗ nào khác phù hợp.",
        "No other suitable seat is free.",
    ),
    "attendance.unknown-visit": (
        "Không có lịch khám với mã này.",
        "There is no appointment with this visit id.",
    ),
    "attendance.other-clinic": (
        "Lịch khám thuộc cơ sở khác.",
        "The appointment is with another clinic.",
    ),
    "attendance.other-session": (
        "Lịch khám thuộc buổi khác hoặc ngày khác.",
        "The appointment is in another session or on another day.",
    ),
    "attendance.other-worker": (
        "Lịch khám của người khác.",
        "The appointment is another worker's.",
    ),
    "attendance.walk-in-not-present": (
        "Người đến không hẹn thì phải có mặt.",
        "A walk-in is somebody who came.",
    ),
    "attendance.already-recorded": (
        "Kết quả điểm danh đã được ghi nhận.",
        "The attendance is recorded already.",
    ),
    "attendance.check-ended": (
        "Lượt khám đã kết thúc hoặc đã có lịch khác.",
        "The check has ended or has another appointment.",
    ),
    "plan.held-over-capacity": (
        "nhiều người giữ chỗ hơn số chỗ; lịch đã qua hoặc quá gần nên không đổi được",
        "more people hold places than there are; they are over or too near to be changed",
    ),
    "plan.held-beyond-ceiling": (
        "vượt trần vắng mặt; lịch đã qua hoặc quá gần nên không đổi được",
        "more are away than the ceiling allows; their appointments are over or too near to be changed",
    ),
    "what-if.nobody-due": (
        "Chưa có lượt khám nào đến hạn trong đợt khám.",
        "Nobody is due in the campaign yet.",
    ),
    "what-if.session-incomplete": (
        "Buổi khám mới cần có điểm khám, ngày và khung giờ.",
        "A session that is not listed needs site, day and windows.",
    ),
    "what-if.session-past": (
        "Ngày được hỏi đã qua.",
        "The imagined day is over.",
    ),
    "what-if.unknown-line": (
        "Không có dây chuyền này trong đợt khám.",
        "No line of the campaign has this id.",
    ),
    "what-if.one-at-a-time": (
        "Bên này còn một câu hỏi giả định chưa được trả lời trong đợt khám.",
        "This party has a question of this campaign that is not answered yet.",
    ),
    "what-if.asked-already": (
        "Mã yêu cầu này đã dùng cho câu hỏi khác hoặc đã được trả lời.",
        "This request id is that of another question, or of one that was answered.",
    ),
    "what-if.no-plan-yet": (
        "Đợt khám chưa có kế hoạch được công bố.",
        "The campaign has no published plan yet.",
    ),
    "what-if.not-computed": (
        "Không tính được phương án này.",
        "The question could not be computed.",
    ),
    "session.of-another-clinic": (
        "Buổi khám thuộc cơ sở khác.",
        "The session belongs to another clinic.",
    ),
    "session.withdrawn": (
        "Buổi khám đã bị rút.",
        "The session was withdrawn.",
    ),
    "session.has-appointments": (
        "Buổi khám đã có lịch hẹn: chỉ được đổi khung giờ và số chỗ, không đổi đợt khám, điểm, ngày hay phạm vi.",
        "The session has appointments: windows and places may change, not its campaign, site, day or scope.",
    ),
    "session.in-the-past": (
        "Ngày khám đã qua.",
        "The exam day is over.",
    ),
    "session.outside-campaign": (
        "Ngày khám ngoài thời gian chiến dịch.",
        "The day is outside the campaign's period.",
    ),
    "session.windows-disordered": (
        "Các khung giờ phải tăng dần.",
        "Windows must start one after the other.",
    ),
    "session.no-seats": (
        "Buổi khám không có chỗ nào.",
        "The session has no seat.",
    ),
}

REASONS = {
    "no_reachable_session": ("không có buổi khám nào trong tầm đi lại", "no session within reach"),
    "no_licensed_session": (
        "không có buổi khám bệnh nghề nghiệp trong tầm đi lại",
        "no session with the occupational-disease licence within reach",
    ),
    "no_equipped_session": ("không buổi nào đủ bàn khám cần thiết", "no session with every station needed"),
    "no_window_for_timing": ("không có khung giờ phù hợp với ca làm việc", "no window that suits shift and timing"),
    "deadline_passed": ("các buổi còn lại đều sau hạn chót theo luật", "every session left is after the deadline"),
    "worker_unavailable": ("người lao động vắng mặt vào các ngày còn lại", "the worker is away on the days left"),
    "capacity_exhausted": ("đã hết chỗ", "every suitable window is full"),
    "line_absence_limit": ("vượt mức vắng mặt tối đa của dây chuyền", "the line's absence ceiling is reached"),
}


def problem(code: str, field: str | None = None) -> Problem:
    """The problem of a code, with its texts; KeyError for a code that is not listed here."""
    vi, en = MESSAGES[code]
    return Problem(code=code, field=field, message_vi=vi, message_en=en)
