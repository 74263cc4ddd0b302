package record

// The field tables of rezora contract 4, one entry a field: path, "?" when null is legal, type. Dots nest; [] makes a list.

const commonTable = `id:id created_at:time updated_at:time deleted:bool deleted_at?:time`

var tables = map[Kind]string{
	Companies: `kind:enum(brand,brokerage,office,other) parent_id?:ref(companies) name:text legal_name?:text domain?:text email?:text
		website:text phones.main:text phones.fax:text address?.street:text address?.street2:text address?.city:text address?.state:text
		address?.zip:text address?.country:text timezone?:text status?:enum(active,inactive,trial) custom_properties:map`,

	Agents: `email:text first_name?:text last_name?:text display_name?:text title?:text work_email?:text website?:text photo_url?:text
		bio?:text tagline?:text license_number?:text employee_id?:text role:enum(agent,admin,observer,assistant)
		status:enum(active,suspended,trial,pending,free,deactivated) company_id?:ref(companies) office_id?:ref(companies)
		phones.work:text phones.home:text phones.mobile:text phones.fax:text social?.facebook?:text social?.twitter?:text
		social?.linkedin?:text social?.instagram?:text social?.pinterest?:text social?.youtube?:text`,

	Teams: `name:text description?:text company_id:ref(companies) restricted:bool`,

	TeamMemberships: `team_id:ref(teams) agent_id:ref(agents)`,

	CustomProperties: `name:text object:enum(contact,company) data_type:enum(string,number,date,bool,enum) options?:text[]`,

	Contacts: `owner_agent_id?:ref(agents) shared_agent_ids:ref(agents)[] name:text first_name?:text last_name?:text email:text
		contact_type:enum(Hot,Active,Inactive,) title?:text company_name?:text company_id?:ref(companies) phones.home:text
		phones.work:text phones.mobile:text phones.fax:text addresses.business.street:text addresses.business.street2:text
		addresses.business.city:text addresses.business.state:text addresses.business.zip:text addresses.home.street:text
		addresses.home.street2:text addresses.home.city:text addresses.home.state:text addresses.home.zip:text
		kind:enum(self,normal,synced,master) is_self:bool unsubscribed:bool unsubscribed_at?:time
		email_status?:enum(ok,bounced,spam_reported,unverified) source?:text opt_in.first_at?:time opt_in.second_at?:time
		external_ids.crm_id?:text external_ids.crm_owner_id?:text external_ids.crm_account_id?:text scores?.open:num scores?.click:num
		scores?.bounce:num scores?.unsubscribe:num scores?.spam:num scores?.details:num scores?.search:num scores?.email_count:int
		scores?.last_scored_at?:time custom_properties:map`,

	DistributionGroups: `name:text scope:enum(agent,team,company) owner_agent_id?:ref(agents) team_id?:ref(teams)
		company_id?:ref(companies) kind:enum(standard,primary_sphere,synced,master) member_count?:int`,

	GroupMemberships: `group_id:ref(distribution_groups) contact_id:ref(contacts) added_at?:time`,

	Templates: `name:text title?:text category?:text type?:text default_subject?:text thumbnail_url?:text version:enum(v1,v2,static)
		company_id?:ref(companies) archived:bool html?:text`,

	Listings: `mls_org_id:text mls_number:text listing_type:enum(residential,commercial,land,lease,income,business,private)
		status:enum(active,coming_soon,pending,sold,withdrawn,expired) status_raw?:text address.street:text address.unit:text
		address.city:text address.state:text address.zip:text address.county:text list_price?:money sold_price?:money list_date?:date
		sold_date?:date beds?:num baths?:num sqft?:num lot_acres?:num year_built?:num latitude?:num longitude?:num remarks?:text
		detail_url?:text virtual_tour_url?:text photos[].url:text photos[].position:int listing_agent?.id?:id listing_agent?.name:text
		listing_agent?.email?:text listing_agent?.phone?:text listing_agent?.office?:text owner_agent_id?:ref(agents)`,

	Campaigns: `name:text subject:text kind:enum(newsletter,listing_piece,market_report,postcard,rsvp,digest,print,other)
		status:enum(draft,scheduled,sending,sent,canceled,failed,archived) owner_agent_id?:ref(agents)
		created_by_agent_id?:ref(agents) company_id?:ref(companies) team_id?:ref(teams) on_behalf:bool template?.id:ref(templates)
		template?.name:text template?.version:text program?.id:id program?.title:text sequence_id?:ref(sequences)
		sequence_step_id?:text schedule.scheduled_at?:time schedule.timezone?:text schedule.started_at?:time schedule.sent_at?:time
		schedule.finished_at?:time schedule.expires_at?:time schedule.recurrence?:text
		distribution_group_ids:ref(distribution_groups)[] listings[].listing_id:ref(listings) listings[].position:int
		listings[].headline?:text listings[].message?:text metrics.recipients:int metrics.delivered:int metrics.opens_unique:int
		metrics.opens_total:int metrics.clicks_unique:int metrics.clicks_total:int metrics.bounces:int metrics.spam_reports:int
		metrics.unsubscribes:int metrics.property_views:int metrics.reach:int preview_url?:text html?:text`,

	CampaignRecipients: `campaign_id:ref(campaigns) contact_id:ref(contacts) email:text
		status:enum(queued,sent,delivered,bounced,dropped) sent_at?:time`,

	Sequences: `name:text description?:text owner_agent_id?:ref(agents) company_id?:ref(companies) requires_listing:bool
		status:enum(draft,active,paused,archived)
		trigger.type:enum(contact_created,added_to_group,email_opened,link_clicked,property_viewed,info_requested,listing_status_changed,date_property,manual)
		trigger.params:json steps[].id:id steps[].position:int steps[].name?:text
		steps[].action:enum(send_email,wait,add_to_group,remove_from_group,notify_agent,post_social)
		steps[].template_id?:ref(templates) steps[].campaign_id?:ref(campaigns) steps[].delay?.value:num
		steps[].delay?.unit:enum(minutes,hours,days,weeks,months) steps[].delay?.after:enum(trigger,previous_step)
		steps[].send_window?.days:text[] steps[].send_window?.from:text steps[].send_window?.to:text steps[].send_window?.timezone:text
		steps[].condition?.type:enum(contact_created,added_to_group,email_opened,link_clicked,property_viewed,info_requested,listing_status_changed,date_property,manual)
		steps[].condition?.step_id?:id steps[].condition?.params:json steps[].on_false?:text`,

	SequenceEnrollments: `sequence_id:ref(sequences) contact_id:ref(contacts) current_step_id?:text exit_reason?:text
		status:enum(active,completed,exited,failed) entered_at:time completed_at?:time`,

	Leads: `contact_id?:ref(contacts) agent_id?:ref(agents) company_id?:ref(companies) campaign_id?:ref(campaigns)
		listing_id?:ref(listings) status:enum(new,contacted,qualified,nurturing,converted,lost) score?:num source:text name?:text
		email?:text phone?:text message?:text converted_at?:time`,

	Notes: `parent_type:enum(contact,campaign,company,lead) parent_id:id author_agent_id?:ref(agents) author_name?:text body:text
		noted_at:time edited_at?:time`,

	Tasks: `contact_id?:ref(contacts) assignee_agent_id?:ref(agents) title:text description?:text due_at?:time completed_at?:time
		status:enum(open,completed)`,

	Interactions: `type:enum(call,email,meeting) contact_id?:ref(contacts) agent_id?:ref(agents) subject?:text body?:text
		location?:text direction?:enum(inbound,outbound) started_at:time ended_at?:time`,

	SocialPosts: `network:enum(facebook,twitter,linkedin,pinterest,instagram) network_post_id?:text agent_id?:ref(agents) title?:text
		text?:text image_url?:text post_url?:text item?.type:enum(campaign,template,listing,other) item?.id:id metrics.opens:int
		metrics.clicks:int metrics.potential_reach:int status:enum(scheduled,posted,failed) scheduled_at?:time posted_at?:time`,

	Activities: `type:enum(processed,delivered,deferred,dropped,bounce,open,click,spam_report,unsubscribe,property_view,property_search,info_request)
		contact_id?:ref(contacts) campaign_id?:ref(campaigns) agent_id?:ref(agents) listing_id?:ref(listings) email?:text
		occurred_at:time url?:text detail?:json`,

	Attachments: `parent_type:enum(contact,company,lead,campaign,note,task,interaction,listing,template) parent_id:id filename:text
		content_type:text size:int sha256?:text download_url?:text download_expires_at?:time uploaded_by_agent_id?:ref(agents)`,
}
