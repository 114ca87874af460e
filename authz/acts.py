"""Every verb of the system that somebody may or may not do."""

from enum import StrEnum


class Act(StrEnum):
    """What an actor asks to do (shown to clients in upper case, as `viewerCan`)."""

    LOG_OUT = "log_out"
    CHANGE_PASSWORD = "change_password"  # noqa: S105 (a verb)
    INTROSPECT = "introspect"
    VIEW_STAFF = "view_staff"
    VIEW_CUSTOMERS = "view_customers"
    VIEW_CLAIMS = "view_claims"
    VIEW_RULINGS = "view_rulings"
    VIEW_DISPUTES = "view_disputes"
    VIEW_ACCESS_LOG = "view_access_log"
    FIND_CUSTOMERS = "find_customers"
    CHECK_CONFLICT = "check_conflict"
    REVEAL_CONTACT = "reveal_contact"
    FILE_CLAIM = "file_claim"
    COMPLETE_FILING = "complete_filing"
    RECORD_VISIT = "record_visit"
    RECORD_CONTACT = "record_contact"
    RECORD_CONSENT = "record_consent"
    OPEN_DISPUTE = "open_dispute"
    SETTLE_DISPUTE = "settle_dispute"
    VIEW_KEYS = "view_keys"
    ROTATE_KEYS = "rotate_keys"
    REQUEST_KEY_ACT = "request_key_act"
    APPROVE_KEY_ACT = "approve_key_act"

    # The life of a filing: notices, review.
    VIEW_NOTICES = "view_notices"
    READ_NOTICES = "read_notices"
    NAME_DESIGNER = "name_designer"
    REVIEW_CLAIM = "review_claim"
    NAME_APPROVERS = "name_approvers"
    ASSIGN_CUSTOMER = "assign_customer"
    TAKE_BACK_CUSTOMER = "take_back_customer"
    VIEW_REMINDERS = "view_reminders"

    # Departure, change of team, handover.
    VIEW_DEPARTURES = "view_departures"
    ANNOUNCE_DEPARTURE = "announce_departure"
    WITHDRAW_DEPARTURE = "withdraw_departure"
    DEPART_STAFF = "depart_staff"
    HAND_OVER = "hand_over"
    COMPLETE_DEPARTURE = "complete_departure"
    # The archive: records filed and sealed, days closed.
    VIEW_ARCHIVE = "view_archive"
    ARCHIVE_CLAIM = "archive_claim"
    CORRECT_ARCHIVE = "correct_archive"
    VIEW_REGISTER_DAYS = "view_register_days"
    CLOSE_REGISTER_DAY = "close_register_day"
    VIEW_DESTRUCTIONS = "view_destructions"
    DESTROY_CUSTOMER = "destroy_customer"
    APPROVE_DESTRUCTION = "approve_destruction"

    # Upkeep: contact data put right and confirmed, customers made one or parted; figures, and the weekly round.
    VIEW_CORRECTIONS = "view_corrections"
    CORRECT_CONTACT = "correct_contact"
    JUDGE_CORRECTION = "judge_correction"
    LINK_CUSTOMERS = "link_customers"
    SPLIT_CUSTOMER = "split_customer"
    VIEW_FIGURES = "view_figures"
    VIEW_PHONE_ROUND = "view_phone_round"
    RECORD_TRACKING = "record_tracking"

    # Inspection: a sample of filings looked over, what is found put right and confirmed.
    VIEW_INSPECTIONS = "view_inspections"
    OPEN_INSPECTION = "open_inspection"
    RECORD_FINDING = "record_finding"
    RECTIFY_FINDING = "rectify_finding"
    CONFIRM_RECTIFICATION = "confirm_rectification"
    CLOSE_INSPECTION = "close_inspection"

    # Grants: a supervisor's word for a look at what is in the clear, for a time.
    VIEW_GRANTS = "view_grants"
    REQUEST_GRANT = "request_grant"
    GIVE_GRANT = "give_grant"
    REFUSE_GRANT = "refuse_grant"
    OFFER_GRANT = "offer_grant"
    WITHDRAW_GRANT = "withdraw_grant"

    # The undertaking of confidentiality: signed for oneself, or recorded as signed on paper.
    SIGN_UNDERTAKING = "sign_undertaking"
    RECORD_UNDERTAKING = "record_undertaking"

    # Evidence of backups, and of trials to restore them.
    VIEW_BACKUPS = "view_backups"
    RECORD_BACKUP = "record_backup"

    # The day: walk-ins, duty, visit records, who belongs to whom.
    RECORD_WALK_IN = "record_walk_in"
    VIEW_DUTY = "view_duty"
    SET_DUTY = "set_duty"
    VIEW_VISIT_RECORDS = "view_visit_records"
    FILE_VISIT_RECORD = "file_visit_record"
    VERIFY_VISIT_RECORD = "verify_visit_record"
    RELATE_CUSTOMERS = "relate_customers"

    # What people report of their own work: the diary of a day, the report of a week.
    VIEW_REPORTS = "view_reports"
    WRITE_DIARY = "write_diary"
    SUBMIT_WEEKLY_REPORT = "submit_weekly_report"
    RECEIVE_REPORT = "receive_report"

    # Deals: from the order to what was earned by it.
    VIEW_DEALS = "view_deals"
    PLACE_ORDER = "place_order"
    SIGN_CONTRACT = "sign_contract"
    RECORD_PAYMENT = "record_payment"
    FINISH_DEAL = "finish_deal"
    CONFIRM_DEAL = "confirm_deal"
    JUDGE_CONFIRMATION = "judge_confirmation"
    CONCEDE_CREDIT = "concede_credit"
    SPLIT_CREDIT = "split_credit"
    SETTLE_REBATE = "settle_rebate"

    # Disputes: the proceeding from its evidence to the last word.
    ADD_EVIDENCE = "add_evidence"
    REFER_DISPUTE = "refer_dispute"
    APPEAL_AWARD = "appeal_award"
    DECIDE_APPEAL = "decide_appeal"
    RECORD_LOSS = "record_loss"
    READ_PAPERS = "read_papers"
    UPLOAD_EVIDENCE = "upload_evidence"

    # The rulebook: its editions.
    DRAFT_EDITION = "draft_edition"
    PUBLISH_RULEBOOK = "publish_rulebook"
    WITHDRAW_EDITION = "withdraw_edition"
    REHEARSE_EDITION = "rehearse_edition"

    # Offences, and what follows from them.
    VIEW_OFFENCES = "view_offences"
    RECORD_OFFENCE = "record_offence"
    APPEAL_OFFENCE = "appeal_offence"
    DECIDE_OFFENCE = "decide_offence"
