package rezora

import "rezora2nutshell/internal/record"

// legacyFields maps the wire fields of the legacy API to canonical ones (rezora contract 2.4). Wire fields that are not named here
// stay in the raw row.
var legacyFields = map[record.Kind]FieldMap{
	record.Agents: {
		"id": "user_id|id", "email": "user_email", "first_name": "user_fname", "last_name": "user_lname", "created_at": "user_date|time",
		"status":        "user_status_id|enum(1=active,2=suspended,3=trial,4=pending,5=free,6=deactivated)",
		"phones.work":   "user_phone_work",
		"phones.home":   "user_phone_home",
		"phones.mobile": "user_phone_mobile",
		"phones.fax":    "user_phone_fax",
		"work_email":    "user_email_work", "website": "user_website", "photo_url": "user_photo_path", "tagline": "user_tagline",
		"bio": "user_bio", "employee_id": "brokerage_employee_id",
	},
	record.Teams: {"id": "group_id|id", "name": "group_name", "created_at": "group_timestamp|time"},
	record.TeamMemberships: {
		"id": "usertogroup_id|id", "team_id": "group_id|id", "agent_id": "user_id|id", "created_at": "usertogroup_timestamp|time",
	},
	record.Contacts: {
		"id": "contact_id|id", "name": "contact_name", "email": "contact_email", "contact_type": "contact_type", "title": "contact_title",
		"company_name": "contact_company", "phones.home": "contact_phone_home", "phones.work": "contact_phone_work",
		"phones.mobile": "contact_phone_mobile", "phones.fax": "contact_phone_fax",
		"addresses.business.street": "contact_business_street", "addresses.business.street2": "contact_business_street2",
		"addresses.business.city": "contact_business_city", "addresses.business.state": "contact_business_state",
		"addresses.business.zip": "contact_business_zip", "addresses.home.street": "contact_home_street",
		"addresses.home.street2": "contact_home_street2", "addresses.home.city": "contact_home_city",
		"addresses.home.state": "contact_home_state", "addresses.home.zip": "contact_home_zip",
		"created_at": "contact_date|time", "is_self": "contact_self|bool01", "kind": "contact_self|enum(0=normal,1=self)",
		"unsubscribed": "contact_unsubscribe|bool01",
	},
	record.DistributionGroups: {
		"id": "list_id|id", "name": "list_name", "created_at": "list_date|time", "scope": "=agent",
		"kind": "list_type|enum(0=standard,1=primary_sphere)",
	},
	record.GroupMemberships: {
		"id": "contacttolist_id|id", "group_id": "list_id|id", "contact_id": "contact_id|id", "added_at": "contacttolist_date|time",
	},
}
