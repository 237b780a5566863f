"""What recruiters write, as the tests have it."""

from __future__ import annotations

TEMPLATE = (
    "Bonjour {name}, je me permets de vous contacter car votre profil a retenu toute notre attention. "
    "Nous sommes un cabinet de conseil en pleine croissance et nous recherchons des personnes motivées pour "
    "rejoindre nos équipes. Le poste est à pourvoir rapidement, en télétravail partiel, avec une rémunération "
    "attractive de {figure} k€ selon expérience. Seriez-vous disponible pour un court échange téléphonique cette "
    "semaine ou la semaine prochaine ? {own} Dans l’attente de votre retour, bien cordialement, {signed}"
)
ENGLISH = (
    "{greeting} {name}, I came across your profile and was impressed by what you have done so far. We are a fast growing "
    "company that is looking for talented people to join a team of passionate experts across Europe. The role is "
    "remote, well paid ({figure} euros) and starts as soon as possible. Would you be open to a quick call this week to "
    "talk about your plans for the future? {own} Best regards, {signed}"
)
UNLIKE = (
    "Bonjour {name}, votre article sur les ponts en treillis décrit exactement la panne que nous avons eue à Lorient en "
    "mars dernier. Pourriez-vous me dire quel acier vous aviez choisi, et si la fatigue des soudures s’est montrée avant "
    "la deuxième année ? Je prépare un exposé pour l’école et citerais volontiers vos mesures."
)
NOTE = "Bonjour {name}, merci beaucoup pour votre accueil, à bientôt et très belle journée ! {signed}"
OWNS = {
    "marie": "Votre pont de bambou à Nantes m’a fait changer d’avis.",
    "leonard": "Vous parlez de soudure sans jamais ennuyer.",
    "isabelle": "",
    "zoraide": "Le carnet de bord du voilier est une merveille.",
    "olympe": "",
}


def template(name: str, own: str = "", *, figure: int = 42, signed: str = "Paul Martin", text: str = TEMPLATE) -> str:
    greeting = "Dear"
    return text.format(name=name.title(), own=own, figure=figure, signed=signed, greeting=greeting)


def html(text: str, handle: str = "marie") -> str:
    """As Mastodon writes it."""
    mention = f'<span class="h-card"><a href="https://home.example/@{handle}" class="u-url mention">@<span>{handle}</span></a></span>'
    return f"<p>{mention} {text}</p>"
