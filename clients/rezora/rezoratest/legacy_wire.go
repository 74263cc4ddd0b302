package rezoratest

// wire writes a row as legacy sends it: flat, every value a string
// (rezora contract 2.4).
func (v legacyView) wire(kind string, r *row) map[string]string {
	m := decode(r.body)
	switch kind {
	case "contacts":
		return v.contact(r, m)
	case "lists":
		return map[string]string{
			"list_id": v.shift(r.id), "list_name": text(m["name"]), "list_date": v.time(m["created_at"]),
			"list_type": bit(text(m["kind"]) == "primary_sphere"),
		}
	case "lists/contacts":
		return map[string]string{
			"contacttolist_id": v.shift(r.id), "list_id": v.shift(r.keys[0]), "contact_id": v.shift(r.keys[1]), "contacttolist_date": v.time(m["added_at"]),
		}
	case "groups":
		return map[string]string{"group_id": v.shift(r.id), "group_name": text(m["name"]), "group_timestamp": v.time(m["created_at"])}
	case "groups/agents":
		return map[string]string{
			"usertogroup_id": v.shift(r.id), "group_id": v.shift(r.keys[0]), "user_id": v.shift(r.keys[1]), "usertogroup_timestamp": v.time(m["created_at"]),
		}
	}
	return map[string]string{
		"user_id": v.shift(r.id), "user_email": text(m["email"]), "user_fname": text(m["first_name"]), "user_lname": text(m["last_name"]),
		"user_date": v.time(m["created_at"]),
	}
}

var contactFields = map[string]string{
	"contact_name": "name", "contact_email": "email", "contact_type": "contact_type", "contact_title": "title", "contact_company": "company_name",
	"contact_phone_home": "phones.home", "contact_phone_work": "phones.work", "contact_phone_mobile": "phones.mobile", "contact_phone_fax": "phones.fax",
	"contact_business_street": "addresses.business.street", "contact_business_street2": "addresses.business.street2", "contact_business_city": "addresses.business.city",
	"contact_business_state": "addresses.business.state", "contact_business_zip": "addresses.business.zip",
	"contact_home_street": "addresses.home.street", "contact_home_street2": "addresses.home.street2", "contact_home_city": "addresses.home.city",
	"contact_home_state": "addresses.home.state", "contact_home_zip": "addresses.home.zip",
}

func (v legacyView) contact(r *row, m map[string]any) map[string]string {
	w := map[string]string{
		"contact_id": v.shift(r.id), "contact_date": v.time(m["created_at"]), "contact_self": bit(m["is_self"] == true),
	}
	for name, path := range contactFields {
		w[name] = at(m, path)
	}
	if !v.cfg.LegacyNoUnsubscribe {
		w["contact_unsubscribe"] = bit(v.unsubscribed(r, m))
	}
	return w
}

func (v legacyView) unsubscribed(r *row, m map[string]any) bool {
	switch {
	case r.has(legacySubscribed):
		return false
	case r.has(legacyUnsubbed):
		return true
	}
	return m["unsubscribed"] == true
}

var statusIDs = map[string]string{"active": "1", "suspended": "2", "trial": "3", "pending": "4", "free": "5", "deactivated": "6"}

var agentFields = map[string]string{
	"user_phone_work": "phones.work", "user_phone_home": "phones.home", "user_phone_mobile": "phones.mobile", "user_phone_fax": "phones.fax",
	"user_email_work": "work_email", "user_website": "website", "user_photo_path": "photo_url", "user_tagline": "tagline", "user_bio": "bio",
	"brokerage_employee_id": "employee_id",
}

// agentInFull is the row of GET /agents/{user_id}.
func (v legacyView) agentInFull(r *row) map[string]string {
	m := decode(r.body)
	w := v.wire("agents", r)
	status := text(m["status"])
	if id, ok := statusIDs[status]; ok {
		status = id
	}
	w["user_status_id"] = status
	for name, path := range agentFields {
		w[name] = at(m, path)
	}
	firm := map[string]any{}
	if c := v.st.tables[companies].get(text(m["company_id"]), ""); c != nil {
		firm = decode(c.body)
	}
	for name, path := range map[string]string{
		"user_company_name": "name", "user_company_website": "website", "user_company_street": "address.street", "user_company_suite": "address.street2",
		"user_company_city": "address.city", "user_company_state": "address.state", "user_company_zip": "address.zip",
	} {
		w[name] = at(firm, path)
	}
	for _, name := range []string{"user_company_logo_path", "user_home_street", "user_home_suite", "user_home_city", "user_home_state", "user_home_zip", "user_sitename"} {
		w[name] = ""
	}
	w["user_report_daily"], w["user_report_weekly"], w["user_report_monthly"], w["user_directory_hidden"] = "0", "1", "0", "0"
	return w
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
