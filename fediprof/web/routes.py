"""Every page in one table: path, method, handler, who may open it."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from fediprof.web import (
    admin,
    asks,
    compose,
    disclosures,
    entries,
    entry,
    entry_form,
    feed,
    files,
    from_mine,
    hidden,
    home,
    intents,
    limits,
    login,
    people,
    portability,
    posts,
    profile,
    public,
    robots,
    settings,
    start,
    visitors,
)
from fediprof.web.access import Endpoint, Handler, everybody, keepers, members


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _post_act(name: str, handler: Handler) -> Route:
    return _post(f"/posts/{{id:int}}/{name}", members(handler))


def _person_act(name: str, handler: Handler) -> Route:
    return _post(f"/people/{{id:int}}/{name}", members(handler))


routes: list[BaseRoute] = [
    # anybody
    _get("/", everybody(public.first_page)),
    _get("/about", everybody(public.about)),
    _get("/limits", everybody(limits.index)),
    _get("/@{name}.atom", everybody(feed.atom)),
    _get("/@{name}.vcf", everybody(portability.card)),
    _get("/@{name}/resume.json", everybody(portability.resume)),
    _get("/@{name}/p/{slug}/reply", everybody(from_mine.reply_form)),
    _post("/@{name}/p/{slug}/reply", everybody(from_mine.reply)),
    _get("/@{name}/p/{slug}", everybody(public.permalink)),
    _get("/@{name}/e/{slug}/reply", everybody(from_mine.reply_form)),
    _post("/@{name}/e/{slug}/reply", everybody(from_mine.reply)),
    _get("/@{name}/e/{slug}", everybody(entry.permalink)),
    _get("/@{name}/cv", everybody(profile.paper)),
    _get("/@{name}/follow", everybody(from_mine.follow_form)),
    _post("/@{name}/follow", everybody(from_mine.follow)),
    _get("/@{name}", everybody(profile.profile)),
    _get("/u/{name}", everybody(public.person_address)),
    _get("/p/{slug}", everybody(public.post_address)),
    _get("/tags/{name}", everybody(public.tag)),
    # coming and going
    _get("/login", everybody(login.form)),
    _post("/login", everybody(login.submit)),
    _get("/login/link/{secret}", everybody(login.link_form)),
    _post("/login/link/{secret}", everybody(login.link)),
    _get("/welcome", members(login.welcome_form)),
    _post("/welcome", members(login.welcome)),
    _post("/logout", members(login.logout)),
    # visitors with an account of elsewhere
    _get("/visit", everybody(visitors.form)),
    _post("/visit", everybody(visitors.submit)),
    _get("/visit/back", everybody(visitors.back)),
    _get("/visit/code", everybody(visitors.code_form)),
    _post("/visit/code", everybody(visitors.code_wanted)),
    _post("/visit/code/sent", everybody(visitors.code_sent)),
    _post("/visit/leave", everybody(visitors.leave)),
    _get("/c/{secret}", everybody(visitors.link_form)),
    _post("/c/{secret}", everybody(visitors.link_open)),
    # reading
    _get("/home", members(home.timeline)),
    _get("/notifications", members(home.news)),
    _get("/conversations", members(home.private)),
    _get("/conversations/{id:int}", members(home.conversation)),
    # what is open to whom
    _get("/conversations/{id:int}/open", members(disclosures.open_form)),
    _post("/conversations/{id:int}/open", members(disclosures.open_part)),
    _get("/grants", members(disclosures.given)),
    _post("/grants/{id:int}/revoke", members(disclosures.revoke)),
    _post("/sets/{id:int}/remove", members(disclosures.remove_set)),
    _get("/ledger", members(disclosures.seen)),
    _post("/ledger/export", members(disclosures.download)),
    _get("/ask/{slug}", everybody(asks.form)),
    _post("/ask/{slug}", everybody(asks.submit)),
    _get("/posts/{id:int}", members(public.known_post)),
    # writing
    _get("/write", members(compose.form)),
    _post("/write", members(compose.submit)),
    _post("/write/more", members(compose.more)),
    _get("/posts/{id:int}/edit", members(compose.change_form)),
    _post("/posts/{id:int}/edit", members(compose.change)),
    _get("/posts/{id:int}/delete", members(posts.delete_form)),
    _post("/posts/{id:int}/delete", members(posts.delete)),
    _get("/posts/{id:int}/deliveries", members(posts.deliveries)),
    _post_act("like", posts.like),
    _post_act("unlike", posts.unlike),
    _post_act("share", posts.share),
    _post_act("unshare", posts.unshare),
    _post_act("fetch", posts.fetch),
    _post_act("pin", posts.pin),
    _post_act("unpin", posts.unpin),
    # entries
    _get("/entries", members(entries.index)),
    _get("/entries/new", members(entry_form.new_form)),
    _post("/entries/new", members(entry_form.write)),
    _get("/entries/{id:int}/edit", members(entry_form.change_form)),
    _post("/entries/{id:int}/edit", members(entry_form.change)),
    _get("/entries/{id:int}/publish", members(entries.publish_form)),
    _post("/entries/{id:int}/publish", members(entries.publish)),
    _get("/entries/{id:int}/remove", members(entries.remove_form)),
    _post("/entries/{id:int}/remove", members(entries.remove)),
    _post("/entries/{id:int}/up", members(entries.up)),
    _post("/entries/{id:int}/down", members(entries.down)),
    _get("/start", members(start.begin)),
    _get("/start/{step}", members(start.form)),
    _post("/start/{step}", members(start.submit)),
    # people
    _get("/find", members(people.find)),
    _get("/people/{id:int}", members(people.person)),
    _person_act("follow", people.follow),
    _person_act("unfollow", people.unfollow),
    _person_act("fetch", people.fetch),
    _get("/people/{id:int}/block", members(people.block_form)),
    _person_act("block", people.block),
    _person_act("unblock", people.unblock),
    _get("/people/{id:int}/report", members(people.report_form)),
    _person_act("report", people.report),
    _get("/followers", members(people.followers)),
    _post("/followers/{id:int}/remove", members(people.remove)),
    _get("/following", members(people.following)),
    _get("/requests", members(people.requests)),
    _post("/requests/{id:int}/accept", members(people.accept)),
    _post("/requests/{id:int}/decline", members(people.decline)),
    # arriving from other servers' pages
    _get("/authorize_interaction", members(intents.authorize_interaction)),
    _get("/intents/follow", members(intents.follow)),
    _get("/intents/create", members(intents.create)),
    _get("/intents/object", members(intents.open_object)),
    _get("/intents/like", members(intents.like)),
    _get("/intents/announce", members(intents.announce)),
    _get("/intents/ask", members(asks.arrive)),
    _post("/intents/ask", members(asks.ask)),
    # deciding
    _get("/settings", members(settings.index)),
    _get("/settings/profile", members(settings.profile_form)),
    _post("/settings/profile", members(settings.profile)),
    _get("/settings/account", members(settings.account_form)),
    _post("/settings/account", members(settings.preferences)),
    _post("/settings/password", members(settings.password)),
    _post("/settings/sessions/{id:int}/end", members(settings.end_session)),
    _post("/settings/sessions/end", members(settings.end_sessions)),
    _get("/settings/apps", members(settings.apps)),
    _post("/settings/apps/{id:int}/withdraw", members(settings.withdraw)),
    _get("/settings/hidden", members(hidden.form)),
    _post("/settings/hidden", members(hidden.hide)),
    _post("/settings/hidden/remove", members(hidden.unhide)),
    _get("/settings/move", members(settings.move_form)),
    _post("/settings/aliases", members(settings.aliases)),
    _post("/settings/move", members(settings.move)),
    _get("/settings/import", members(portability.upload_form)),
    _post("/settings/import", members(portability.upload)),
    _get("/settings/import/preview", members(portability.preview_form)),
    _post("/settings/import/preview", members(portability.land)),
    _post("/settings/import/drop", members(portability.drop)),
    _get("/settings/import/done", members(portability.done)),
    _get("/settings/import/lines", members(portability.lines)),
    _get("/settings/import/talk", members(portability.talk_form)),
    _post("/settings/import/talk", members(portability.talk)),
    _get("/settings/address-book", members(portability.address_book)),
    _post("/settings/address-book/forget", members(portability.forget)),
    _get("/settings/resume.json", members(portability.take_resume)),
    _get("/settings/data", members(settings.data_form)),
    _post("/settings/export", members(settings.download)),
    _post("/settings/delete", members(settings.delete)),
    # running the server
    _get("/admin", keepers(admin.index)),
    _post("/admin/reports/{id:int}/close", keepers(admin.close_report)),
    _post("/admin/domains", keepers(admin.block_domain)),
    _post("/admin/domains/remove", keepers(admin.unblock_domain)),
    # files
    _get("/media/{file}", files.upload),
    _get("/pictures/{token}", files.picture),
    _get("/robots.txt", robots.robots),
    _get("/.well-known/tdmrep.json", robots.tdmrep),
    Mount("/static", files.Static()),
]
