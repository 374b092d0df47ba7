"""Words that filters count against a letter, by language."""

from __future__ import annotations

__all__ = ["PHRASES"]

PHRASES = {
    "en": (
        "100% free", "act now", "buy now", "cash prize", "claim your", "click now", "congratulations", "don't delete",
        "earn money", "extra income", "free money", "limited time", "make money", "no obligation", "order now",
        "risk-free", "special offer", "winner", "you have won", "dear friend",
    ),
    "fr": ("100 % gratuit", "agissez maintenant", "achetez maintenant", "argent facile", "félicitations", "offre limitée",
           "offre spéciale", "vous avez gagné", "gagnez de l'argent", "sans engagement"),
    "es": ("100% gratis", "actúa ahora", "compra ahora", "compre ahora", "dinero fácil", "enhorabuena", "felicidades",
           "gana dinero", "has ganado", "oferta limitada", "oferta especial", "sin compromiso"),
    "ru": ("100% бесплатно", "вы выиграли", "действуйте сейчас", "заработок", "купите сейчас", "лёгкие деньги",
           "поздравляем", "специальное предложение", "только сегодня", "успейте"),
    "uk": ("100% безкоштовно", "ви виграли", "дійте зараз", "заробіток", "купуйте зараз", "легкі гроші", "вітаємо з",
           "спеціальна пропозиція", "тільки сьогодні", "встигніть"),
    "ar": ("مجانا 100%", "لقد ربحت", "تصرف الآن", "اشتر الآن", "اربح المال", "عرض خاص", "لفترة محدودة", "تهانينا"),
}  # fmt: skip
"""Of money and of haste; few, because a newsroom writes of victims, wars and votes."""
