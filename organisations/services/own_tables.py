"""Which tables a person's copy of their own data holds, column by column; of those that it leaves out, why."""

from collections.abc import Mapping

from organisations.histories import Table

_DEED = (
    "Decided or entered about somebody else: the deed stands in the copy's audit log, their data are not the person's."
)
_OPEN_FORM = "Which form was open in the editor, for minutes; nothing that the person gave."

# Written by hand in `histories.export`: the part of the copy that holds them.
TOLD: Mapping[str, str] = {
    "organisations.Employment.person": "employments",
    "organisations.Membership.person": "memberships",
    "organisations.StatePeriod.person": "states",
    "organisations.Qualification.person": "qualifications",
    "organisations.RoleGrant.person": "roles",
    "organisations.Consent.person": "consents",
    "organisations.Registration.person": "registrations",
    "organisations.Objection.person": "objections",
    "organisations.Notification.person": "messages",
    "organisations.ErasureRequest.person": "erasure_requests",
    "organisations.Person.merged_into": "person",
}

TABLES: Mapping[str, Table] = {
    "account.EmailAddress.user": Table("mail_addresses", ("email", "verified", "primary")),
    "mfa.Authenticator.user": Table("second_factors", ("type", "created_at", "last_used_at")),
    "organisations.Activation.person": Table("activation_codes", ("created_at", "expires_at", "used_at")),
    "organisations.AccountMerge.kept": Table("merged_accounts", ("merged__public_id", "at", "reason", "moved")),
    "organisations.AccountMerge.merged": Table("merged_into", ("kept__public_id", "at", "reason", "moved")),
    "organisations.PersonExport.person": Table("copies", ("created_at", "state", "file_sha256", "file_erased_at")),
    "organisations.RosterRow.person": Table(
        "roster_rows",
        ("roster__unit__name", "roster__file_name", "roster__applied_at", "sheet", "row_number", "outcome", "shown",
         "changes", "is_applied"),
    ),
    "organisations.Person_groups.person": Table("groups", ("group__name",)),
    "organisations.Person_user_permissions.person": Table("permissions", ("permission__codename",)),
    "wagtailusers.UserProfile.user": Table(
        "editor_settings",
        ("submitted_notifications", "approved_notifications", "rejected_notifications",
         "updated_comments_notifications", "preferred_language", "current_time_zone", "theme", "contrast", "density",
         "keyboard_shortcuts"),
    ),
    "wagtailcore.PageSubscription.user": Table("page_subscriptions", ("page__title", "comment_notifications")),
    "wagtailcore.APIToken.user": Table("api_tokens", ("name", "created", "revoked_at", "last_used_at")),
    "wagtailcore.Comment.user": Table("comments", ("page__title", "text", "created_at", "updated_at")),
    "wagtailcore.CommentReply.user": Table("comment_replies", ("comment__page__title", "text", "created_at")),
    "wagtailcore.Page.owner": Table("pages_begun", ("title", "first_published_at")),
    "wagtailcore.Revision.user": Table("page_revisions", ("object_str", "created_at")),
    "wagtailcore.PageLogEntry.user": Table("page_deeds", ("label", "action", "timestamp")),
    "wagtaildocs.Document.uploaded_by_user": Table("documents", ("title", "created_at")),
    "wagtailimages.Image.uploaded_by_user": Table("pictures", ("title", "created_at")),
    "organisations.RosterImport.uploaded_by": Table("rosters_sent", ("unit__name", "file_name", "created_at")),
    "organisations.ActivationSheet.requested_by": Table("sheets_requested", ("unit__name", "created_at")),
}  # fmt: skip

UNTOLD: Mapping[str, str] = {
    "wagtailadmin.EditingSession.user": _OPEN_FORM,
    "wagtailadmin.FormState.user": _OPEN_FORM,
    "wagtailcore.Page.locked_by": "Which page is locked just now; the deed stands in page_deeds.",
    "wagtailcore.UploadedFile.uploaded_by_user": "A file on its way to a document or picture, which the copy names.",
    **dict.fromkeys(
        (
            "organisations.AccountMerge.by",
            "organisations.Activation.issued_by",
            "organisations.ErasureRequest.decided_by",
            "organisations.Objection.answered_by",
            "organisations.PlaceChange.by",
            "organisations.Qualification.decided_by",
            "organisations.Qualification.entered_by",
            "organisations.Registration.decided_by",
            "organisations.RoleGrant.granted_by",
            "organisations.RosterImport.applied_by",
            "organisations.RosterImport.undone_by",
            "organisations.RosterRow.decided_by",
            "organisations.StatePeriod.recorded_by",
            "wagtailcore.Comment.resolved_by",
            "wagtailcore.ModelLogEntry.user",
            "wagtailcore.TaskState.finished_by",
            "wagtailcore.WorkflowState.requested_by",
        ),
        _DEED,
    ),
}
