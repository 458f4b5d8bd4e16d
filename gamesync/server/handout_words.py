"""The words of ``/ca``, by language. The page is read by browsers that do not trust us yet."""

from __future__ import annotations

from collections.abc import Mapping

DEVICES = ("android", "iphone", "windows", "macos", "firefox", "programs")
"""In the order of the page."""

Words = Mapping[str, tuple[str, ...]]

_EN: Words = {
    "title": ("Trust this box",),
    "what": (
        "This box encrypts with a certificate of its own. Your device has to be told once that"
        " it may be trusted; then the warnings go away.",
        "The certificate is good for this box and the local network only: nobody can use it to"
        " pose as another site on the internet.",
    ),
    "get": ("Get the certificate",),
    "compare": (
        "Your device shows a fingerprint (SHA-256). It has to be this one, and the one that the"
        " organiser's desk shows:",
    ),
    "after": ("Remove the certificate in the same place when you no longer come here.",),
    "android": (
        "Android",
        "Get the certificate with the button above; it is saved as a file.",
        "Open Settings and search for “CA certificate” (under Security, Encryption and"
        " credentials, Install a certificate).",
        "Tap “CA certificate”, then “Install anyway”, and choose gamesync-ca.crt.",
        "Open this box in Chrome again.",
    ),
    "iphone": (
        "iPhone and iPad",
        "Open this page in Safari, tap the button above, and allow the download.",
        "Open Settings: “Profile Downloaded”, Install (or General, VPN & Device Management).",
        "Then Settings, General, About, Certificate Trust Settings: switch on full trust for"
        " it. Without this switch the warnings stay.",
    ),
    "windows": (
        "Windows (Chrome, Edge)",
        "Get the certificate and open the file; choose “Install Certificate”, Current User.",
        "Choose “Place all certificates in the following store”: Trusted Root Certification"
        " Authorities.",
        "Restart the browser.",
    ),
    "macos": (
        "Mac (Safari, Chrome)",
        "Get the certificate and open the file; Keychain Access adds it to “login”.",
        "Double-click it there, open “Trust”, and choose “Always Trust”.",
    ),
    "firefox": (
        "Firefox",
        "On a computer: Settings, Privacy & Security, View Certificates, Authorities, Import;"
        " tick “Trust this CA to identify websites”.",
        "On Android: install it as above; then in Firefox tap its logo under Settings, About"
        " Firefox five times, and switch on “Use third party CA certificates” under Secret"
        " Settings.",
    ),
    "programs": (
        "Linux and programs",
        "Chrome: chrome://certificate-manager, Installed by you, Trusted Certificates, Import.",
        "gamesync's own programs take the file with --ca-file gamesync-ca.crt.",
    ),
}

_DE: Words = {
    "title": ("Diesem Server vertrauen",),
    "what": (
        "Dieser Server verschlüsselt mit einem eigenen Zertifikat. Ihr Gerät muss einmal"
        " erfahren, dass es ihm vertrauen darf; dann verschwinden die Warnungen.",
        "Das Zertifikat gilt nur für diesen Server und das lokale Netz: Niemand kann sich damit"
        " im Internet als eine andere Seite ausgeben.",
    ),
    "get": ("Zertifikat holen",),
    "compare": (
        "Ihr Gerät zeigt einen Fingerabdruck (SHA-256). Es muss dieser sein, und der, den die"
        " Turnierleitung sieht:",
    ),
    "after": ("Entfernen Sie das Zertifikat an derselben Stelle, wenn Sie nicht mehr herkommen.",),
    "android": (
        "Android",
        "Holen Sie das Zertifikat mit dem Knopf oben; es wird als Datei gespeichert.",
        "Öffnen Sie die Einstellungen und suchen Sie nach „CA-Zertifikat“ (unter Sicherheit,"
        " Verschlüsselung und Anmeldedaten, Zertifikat installieren).",
        "Tippen Sie auf „CA-Zertifikat“, dann „Trotzdem installieren“, und wählen Sie"
        " gamesync-ca.crt.",
        "Öffnen Sie diesen Server in Chrome noch einmal.",
    ),
    "iphone": (
        "iPhone und iPad",
        "Öffnen Sie diese Seite in Safari, tippen Sie auf den Knopf oben und erlauben Sie das"
        " Laden.",
        "Öffnen Sie die Einstellungen: „Profil geladen“, Installieren (oder Allgemein, VPN und"
        " Geräteverwaltung).",
        "Danach Einstellungen, Allgemein, Info, Zertifikatsvertrauenseinstellungen: volles"
        " Vertrauen einschalten. Ohne diesen Schalter bleiben die Warnungen.",
    ),
    "windows": (
        "Windows (Chrome, Edge)",
        "Holen Sie das Zertifikat und öffnen Sie die Datei; wählen Sie „Zertifikat"
        " installieren“, Aktueller Benutzer.",
        "Wählen Sie „Alle Zertifikate in folgendem Speicher speichern“: Vertrauenswürdige"
        " Stammzertifizierungsstellen.",
        "Starten Sie den Browser neu.",
    ),
    "macos": (
        "Mac (Safari, Chrome)",
        "Holen Sie das Zertifikat und öffnen Sie die Datei; die Schlüsselbundverwaltung legt es"
        " unter „Anmeldung“ ab.",
        "Öffnen Sie es dort mit einem Doppelklick, dann „Vertrauen“, und wählen Sie „Immer"
        " vertrauen“.",
    ),
    "firefox": (
        "Firefox",
        "Am Computer: Einstellungen, Datenschutz & Sicherheit, Zertifikate anzeigen,"
        " Zertifizierungsstellen, Importieren; „Dieser CA vertrauen, um Websites zu"
        " identifizieren“ ankreuzen.",
        "Auf Android: wie oben installieren; dann in Firefox unter Einstellungen, Über Firefox"
        " fünfmal auf das Logo tippen und unter den geheimen Einstellungen „CA-Zertifikate von"
        " Drittanbietern verwenden“ einschalten.",
    ),
    "programs": (
        "Linux und Programme",
        "Chrome: chrome://certificate-manager, Von Ihnen installiert, Vertrauenswürdige"
        " Zertifikate, Importieren.",
        "Die Programme von gamesync nehmen die Datei mit --ca-file gamesync-ca.crt.",
    ),
}

WORDS: Mapping[str, Words] = {"en": _EN, "de": _DE}
