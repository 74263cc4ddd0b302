package rezoratest

import "strings"

// shape makes a collection from lines of "wireName path kind"; the first line
// is the id.
func shape(resource, lines string, keep func(prototypeView, *row) bool) *collection {
	c := &collection{resource: resource, keep: keep, rows: plain}
	for line := range strings.Lines(lines) {
		w := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(w) == 3 {
			c.fields = append(c.fields, wireField{w[0], w[1], w[2]})
		}
	}
	c.id = c.fields[0].name
	return c
}

func softly(flag string, c *collection) *collection {
	c.deleted = flag
	return c
}

func ofKind(kind string) func(prototypeView, *row) bool {
	return func(_ prototypeView, r *row) bool { return r.keys[0] == kind }
}

func events(kind, more string) *collection {
	return shape(activities, `eventId id id
		contactId contact_id id
		newsletterId campaign_id id
		userId agent_id id
		email email text
		eventTimestamp occurred_at time
		`+more, func(_ prototypeView, r *row) bool { return r.sub == kind })
}

var prototypeViews = map[string]*collection{
	"brands": shape(companies, `brandId id id
		brandName name text
		brandTimestamp created_at time`, ofKind("brand")),
	"brokerages": shape(companies, `brokerageId id id
		brandId parent_id id
		brokerageName name text
		brokerageUrl website text
		brokerageTimezoneName timezone text
		brokerageTimestamp created_at time`, ofKind("brokerage")),
	"brokerageslocations": shape(companies, `locationId id id
		brokerageId parent_id id
		locationCity address.city text
		locationState address.state text
		locationTimestamp created_at time`, ofKind("office")),
	"users": shape(agents, `userId id id
		userEmail email text
		userFname first_name text
		userLname last_name text
		userTitle title text
		userTypeId role role
		userStatusId status status
		brokerageId company_id id
		userPhoneWork phones.work text
		userPhoneHome phones.home text
		userPhoneMobile phones.mobile text
		userPhoneFax phones.fax text
		userEmailWork work_email text
		userWebsite website text
		userPhotoPath photo_url text
		userBio bio text
		userTagline tagline text
		userDre license_number text
		brokerageEmployeeId employee_id text
		userFacebook social.facebook text
		userTwitter social.twitter text
		userLinkedin social.linkedin text
		userInstagram social.instagram text
		userPinterest social.pinterest text
		userYoutube social.youtube text
		userDate created_at time`, nil),
	"groups": shape(teams, `groupId id id
		groupName name text
		groupDescription description text
		brokerageId company_id id
		groupRestricted restricted bit
		groupTimestamp created_at time`, nil),
	"userstogroups": shape(teamMemberships, `usertogroupId id id
		groupId team_id id
		userId agent_id id
		usertogroupTimestamp created_at time`, nil),
	"contactsmetatypes": shape(customProperties, `contactMetaTypeId id id
		typeName name text`, ofKind("contact")),
	"contacts": softly("contactDeleted", shape(contacts, prototypeContact, nil)),
	"contactslists": softly("listRemoved", shape(distributionGroups, `listId id id
		listName name text
		userId owner_agent_id id
		listType kind list
		listDate created_at time`, func(_ prototypeView, r *row) bool { return r.keys[1] == "agent" })),
	"contactstolists": shape(groupMemberships, `contacttolistId id id
		listId group_id id
		contactId contact_id id
		contacttolistDate added_at time`, func(v prototypeView, r *row) bool {
		g := v.st.tables[distributionGroups].get(r.keys[0], "")
		return g == nil || g.keys[1] == "agent"
	}),
	"newsletterstemplates": shape(templates, `templateId id id
		templateName name text
		templateTitle title text
		templateVersion version version
		templateDefaultSubject default_subject text
		templateArchived archived bit
		templateDate created_at time`, nil),
	"newsletters": shape(campaigns, `newsletterId id id
		newsletterTitle name text
		newsletterSubject subject text
		newsletterSentDate schedule.sent_at time
		userId owner_agent_id id
		templateId template.id id
		emailCount metrics.recipients count
		openCount metrics.opens_unique count
		totalOpenCount metrics.opens_total count
		clickCount metrics.clicks_unique count
		totalClickCount metrics.clicks_total count
		bounceCount metrics.bounces count
		spamCount metrics.spam_reports count
		reachCount metrics.reach count
		newsletterDate created_at time
		newsletterEditedDate updated_at time`, nil),
	"contactstonewsletters": shape(campaignRecipients, `contacttonewsletterId id id
		contactId contact_id id
		newsletterId campaign_id id
		contacttonewsletterDate sent_at time`, nil),
	"inforequests": shape(leads, `requestId id id
		contactId contact_id id
		userId agent_id id
		brokerageId company_id id
		newsletterId campaign_id id
		requestMessage message text
		requestTimestamp created_at time`, nil),
	"contactsnotes": shape(notes, `noteId id id
		contactId parent_id id
		noteText body text
		noteDate noted_at time`, ofKind("contact")),
	"emsopen":        events("open", ""),
	"emsclick":       events("click", "url url text"),
	"emsprocessed":   events("processed", ""),
	"emsdelivered":   events("delivered", "response detail.response text"),
	"emsdeferred":    events("deferred", "attempt detail.attempt count\nresponse detail.response text"),
	"emsdropped":     events("dropped", "reason detail.reason text"),
	"emsbouncefull":  events("bounce", "reason detail.reason text\nstatus detail.smtp_status text\ntype detail.bounce_type text"),
	"emsspamreport":  events("spam_report", ""),
	"emsunsubscribe": events("unsubscribe", ""),
	"contactsactivities": shape(activities, `activityId id id
		activityType type text
		contactId contact_id id
		newsletterId campaign_id id
		userId agent_id id
		email email text
		activityTimestamp occurred_at time
		activityOrgId listing_id org
		listingTypeId listing_id listing type
		activityListingId listing_id listing number`, func(_ prototypeView, r *row) bool {
		return r.sub == "property_view" || r.sub == "property_search"
	}),
	"userstocontacts":       {resource: contacts, id: "usertocontactId", rows: sharedContacts},
	"contactsmeta":          {resource: contacts, id: "contactMetaId", rows: contactProperties},
	"newsletterstolistings": {resource: campaigns, id: "newslettertolistingId", rows: campaignListings},
}

const prototypeContact = `contactId id id
	userId owner_agent_id id
	contactName name text
	contactEmail email text
	contactType contact_type text
	contactTitle title text
	contactCompany company_name text
	contactPhoneHome phones.home text
	contactPhoneWork phones.work text
	contactPhoneMobile phones.mobile text
	contactPhoneFax phones.fax text
	contactBusinessStreet addresses.business.street text
	contactBusinessStreet2 addresses.business.street2 text
	contactBusinessCity addresses.business.city text
	contactBusinessState addresses.business.state text
	contactBusinessZip addresses.business.zip text
	contactHomeStreet addresses.home.street text
	contactHomeStreet2 addresses.home.street2 text
	contactHomeCity addresses.home.city text
	contactHomeState addresses.home.state text
	contactHomeZip addresses.home.zip text
	contactSelf is_self bit
	contactUnsubscribe unsubscribed bit
	optinFirst opt_in.first_at time
	optinSecond opt_in.second_at time
	contactCrmId external_ids.crm_id text
	contactCrmOwnerId external_ids.crm_owner_id text
	contactCrmAccountId external_ids.crm_account_id text
	openScore scores.open raw
	clickScore scores.click raw
	bounceScore scores.bounce raw
	unsubscribeScore scores.unsubscribe raw
	spamScore scores.spam raw
	detailsScore scores.details raw
	searchScore scores.search raw
	emailCount scores.email_count raw
	lastScored scores.last_scored_at time
	contactDate created_at time
	contactEditedDate updated_at time`
