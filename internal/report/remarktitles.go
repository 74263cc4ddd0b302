package report

// remarkTitles are the codes of flags and quarantines in plain words, in the order in which a reader should see them.
var remarkTitles = []struct{ code, title string }{
	{"parent_missing", "Items whose parent was not migrated"},
	{"nothing_to_create_by", "Records without a name, e-mail or phone that Nutshell takes"},
	{"status_unmapped", "Leads whose status has no line in the map"},
	{"outcome_missing", "Closed leads whose outcome the account lacks"},
	{"start_missing", "Calls, e-mails or meetings without a start"},
	{"note_without_contact", "Activities without a contact, where the account lacks the activity type"},
	{"bytes_missing", "Attachments whose bytes cannot be had"},
	{"archive_only", "Attachments that go to the archive only"},
	{"too_many_receivers", "Campaign notes with too many receivers: in the archive"},
	{"no_receivers", "Campaign notes without a receiver: in the archive"},
	{"refused", "Records that Nutshell refused"},
	{"plan_limit", "Records beyond a limit of the Nutshell plan"},
	{"deleted_by_person", "Records that a person deleted in Nutshell"},
	{"files_not_offered", "Files that the account does not take"},
	{"unreachable", "Records that could not be reached"},
	{"company_ambiguous", "People who could belong to several companies: stand-alone"},
	{"person_ambiguous", "Leads that could belong to several people: not linked"},
	{"several_matches", "Records with several matches in Nutshell: created new"},
	{"match_taken", "Records whose match in Nutshell went to another one: created new"},
	{"value_refused", "Values that Nutshell would refuse (phone, e-mail, URL, number, date or choice): kept in the archive"},
	{"array_shortened", "JSON lists too long for their field: shortened, whole in the archive"},
	{"shortened", "Names and titles that are too long: shortened"},
	{"parts_archived", "Long texts whose further parts are in the archive"},
	{"element_left_out", "Groups or campaigns that Rezora does not serve: left out of lists"},
	{"owner_orphan", "Records without owner: their agent has no Nutshell user"},
	{"owner_fallback", "Records that got the fallback owner"},
	{"owner_none", "Records without owner: they have no agent in Rezora"},
	{"user_none", "Assignees and participants without a Nutshell user: left out"},
	{"parent_lost", "Companies without their parent company"},
	{"property_undecided", "Custom properties that the map does not decide on"},
	{"author_inferred", "Notes whose author is inferred from the owner of the parent"},
	{"closed_time_missing", "Closed leads without a closing time"},
	{"own_time", "Times of closing or completing that the account does not keep: the originals are in the archive"},
	{"open_with_completion", "Open tasks with a completion time: they stay open"},
	{"end_set", "Calls and meetings whose end was missing or wrong: set to the start"},
	{"file_linked", "Files that are in the archive, with a link in Nutshell"},
	{"filename_changed", "Files that got a safe name"},
	{"attachment_changed", "Attachments that changed at the source after their transfer"},
	{"deleted_at_source", "Records that were deleted in Rezora meanwhile"},
	{"copy_touched", "Second copies that a person has edited: left for you to decide"},
	{"note_closed", "Notes on records that take none any more"},
}

var remarkPlace = func() map[string]int {
	out := make(map[string]int, len(remarkTitles))
	for i, t := range remarkTitles {
		out[t.code] = i
	}
	return out
}()

func remarkTitle(code string) string {
	if i, known := remarkPlace[code]; known {
		return remarkTitles[i].title
	}
	return code
}

func remarkRank(code string) int {
	if i, known := remarkPlace[code]; known {
		return i
	}
	return len(remarkTitles)
}
