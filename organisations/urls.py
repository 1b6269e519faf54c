from django.urls import path
from django.views.generic import RedirectView

from organisations.views import account, consent, details, my_data, qualifications, register

app_name = "organisations"
urlpatterns = [
    path("activate/", account.activate, name="activate"),
    path("register/", register.register, name="register"),
    path("register/unit/", register.units, name="register_units"),
    path("register/unit/<uuid:public_id>/", register.at_unit, name="register_at_unit"),
    path("register/mail/", register.by_mail, name="register_by_mail"),
    path("register/mail/sent/", register.mailed, name="register_mailed"),
    path("register/mail/<str:token>/", register.confirm, name="register_confirm"),
    path("registered/", register.registered, name="registered"),
    # There is one way to an account without a code, and it is not allauth's.
    path("signup/", RedirectView.as_view(pattern_name="organisations:register"), name="sign_up"),
    path("profile/", account.profile, name="profile"),
    # Addresses are changed on the profile, behind the password and with a line in the log, not on allauth's page.
    path("email/", RedirectView.as_view(pattern_name="organisations:profile"), name="email"),
    path("details/", details.details, name="details"),
    path("qualifications/report/", qualifications.report, name="qualification_report"),
    path("qualifications/<uuid:public_id>/withdraw/", qualifications.withdraw, name="qualification_withdraw"),
    path("qualifications/<uuid:public_id>/proof/", qualifications.proof, name="qualification_proof"),
    path("notifications/", account.notifications, name="notifications"),
    path("notifications/read/", account.read_all_notifications, name="read_all_notifications"),
    path("notifications/<uuid:public_id>/read/", account.read_notification, name="read_notification"),
    path("data/", my_data.my_data, name="my_data"),
    path("data/<uuid:public_id>/file/", my_data.file, name="my_data_file"),
    path("consent/", consent.consent, name="consent"),
    path("privacy/", consent.privacy, name="privacy"),
    path("agreement/", consent.agreement, name="agreement"),
]
