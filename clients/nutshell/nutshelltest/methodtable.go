package nutshelltest

var rpcMethods map[string]*method

var (
	findParams = []string{"query", "orderBy", "orderDirection", "limit", "page", "stubResponses"}
	listParams = []string{"orderBy", "orderDirection", "limit", "page", "stubResponses"}
)

func finder(run func(*call) *Error) *method {
	return &method{params: findParams, limiter: limitFind, lists: true, run: run}
}

func lister(run func(*call) *Error) *method {
	return &method{params: listParams, run: run}
}

func init() {
	people := func(run func(*call) *Error) *method {
		return &method{params: listParams, limiter: limitFind, lists: true, run: run}
	}
	search := func(run func(*call) *Error, params ...string) *method {
		return &method{params: params, lists: true, run: run}
	}
	rpcMethods = map[string]*method{
		"getContact":  getter("contactId", kContacts),
		"getAccount":  getter("accountId", kAccounts),
		"getLead":     getter("leadId", kLeads),
		"getNote":     getter("noteId", kNotes),
		"getTask":     getter("taskId", kTasks),
		"getActivity": getter("activityId", kActivities),
		"getTeam":     getter("teamId", kTeams),
		"getUser":     getter("userId", kUsers),

		"newContact":  creator("contact", (*parser).createContact),
		"newAccount":  creator("account", (*parser).createAccount),
		"newLead":     creator("lead", (*parser).createLead),
		"newTask":     creator("task", (*parser).createTask),
		"newActivity": creator("activity", (*parser).createActivity),
		"newNote":     {params: []string{"entity", "note"}, writes: true, run: newNote},

		"editContact":  editor("contactId", "contact", kContacts, (*parser).editContact),
		"editAccount":  editor("accountId", "account", kAccounts, (*parser).editAccount),
		"editLead":     editor("leadId", "lead", kLeads, (*parser).editLead),
		"editTask":     editor("taskId", "task", kTasks, (*parser).editTask),
		"editActivity": editor("activityId", "activity", kActivities, (*parser).editActivity),
		"editNote":     {params: []string{"noteId", "rev", "note"}, writes: true, run: editNote},

		"deleteContact":  deleter("contactId", kContacts),
		"deleteAccount":  deleter("accountId", kAccounts),
		"deleteLead":     deleter("leadId", kLeads),
		"deleteNote":     deleter("noteId", kNotes),
		"deleteTask":     deleter("taskId", kTasks),
		"deleteActivity": deleter("activityId", kActivities),

		"findContacts":   finder(findContacts),
		"findAccounts":   finder(findAccounts),
		"findLeads":      finder(findLeads),
		"findActivities": finder(findActivities),
		"findTasks":      finder(findTasks),
		"findUsers":      people(findUsers),
		"findTeams":      people(findTeams),
		"findTimeline":   {params: findParams, lists: true, run: findTimeline},

		"searchContacts":  search(searchContacts, "string", "limit"),
		"searchAccounts":  search(searchAccounts, "string", "limit"),
		"searchLeads":     search(searchLeads, "string", "limit"),
		"searchByEmail":   search(searchByEmail, "emailAddressString"),
		"searchUniversal": search(searchUniversal, "string"),

		"findTags":         {run: findTags},
		"newTag":           {params: []string{"tag"}, writes: true, run: newTag},
		"findCustomFields": {run: findCustomFields},
		"newSource":        {params: []string{"name"}, writes: true, run: newSource},

		"findStagesets":     lister(findStagesets),
		"findMilestones":    lister(findMilestones),
		"findLead_Outcomes": lister(findOutcomes),
		"findActivityTypes": lister(findReferences(kActivityTypes)),
		"findIndustries":    lister(findReferences(kIndustries)),
		"findAccountTypes":  lister(findReferences(kAccountTypes)),
		"findTerritories":   lister(findReferences(kTerritories)),
		"findMarkets":       lister(findReferences(kMarkets)),
		"findSources":       lister(findReferences(kSources)),

		"getUpdateTimes": {run: getUpdateTimes},
		"instanceData":   {run: instanceData},
	}
}
