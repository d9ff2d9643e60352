"""What stands on the page's buttons and headings."""

from typing import Final

from ui.words import Translations
from ui.words.terms import N_

_LABELS: Final = {
    "what": N_("A simulated control room door. Everything but the hardware is the real thing."),
    "language": N_("中文"),
    "people": N_("Cards"),
    "book": N_("Entry-exit register"),
    "log": N_("Records"),
    "outside": N_("outside"),
    "inside": N_("inside"),
    "duress": N_("opens, with the silent alarm"),
    "disabled": N_("reported lost"),
    "unknown": N_("a card nobody knows"),
    "slips": N_("Codes of today's visitors"),
    "gone": N_("The door process is not running; it comes back by itself."),
    "locked": N_("The lock holds"),
    "released": N_("The lock is released"),
    "push": N_("Push the door"),
    "leave": N_("Leave by the lever"),
    "hold": N_("Hold it open"),
    "let_go": N_("Let go"),
    "shut": N_("Shut the door"),
    "force": N_("Force the door"),
    "fire_on": N_("Fire signal"),
    "fire_off": N_("Fire signal clear"),
    "tamper_on": N_("Open the case"),
    "tamper_off": N_("Close the case"),
    "cut": N_("Cut the door contact's wire"),
    "mend": N_("Mend the wire"),
    "unplug": N_("Pull the outer reader"),
    "plug": N_("Plug the reader in"),
    "garble": N_("Send a garbled card"),
    "kill": N_("Kill the door process"),
    "fire_reset": N_("Reset after the fire"),
    "alarm_reset": N_("Reset the alarm"),
    "code_unlock": N_("Unlock the keypad"),
    "lockdown": N_("Lockdown"),
    "lockdown_end": N_("End the lockdown"),
    "evacuation": N_("Evacuation"),
    "evacuation_end": N_("End the evacuation"),
    "clear": N_("Clear"),
    "enter": N_("Enter"),
    "date": N_("Date"),
    "name": N_("Name (headcount)"),
    "approver": N_("Approver"),
    "time": N_("Time in and out"),
    "reason": N_("Reason"),
    "remarks": N_("Remarks"),
}


def labels(words: Translations) -> dict[str, str]:
    return {name: words.text(msgid) for name, msgid in _LABELS.items()}
