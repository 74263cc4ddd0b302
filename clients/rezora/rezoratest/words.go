package rezoratest

// The vocabulary of the generated account. All names are invented, all hosts
// are example.com, all numbers 555-01xx (rezora contract 8).

var firstNames = []string{
	"Marisol", "Priya", "Owen", "Tessa", "Ignacio", "Beatriz", "Hollis", "Nadia", "Curtis", "Yuki",
	"Dmitri", "Aoife", "Renée", "Jamal", "Soraya", "Wendell", "Ingrid", "Mateo", "Lakshmi", "Graham",
	"Noor", "Clement", "Zora", "Emil", "Petra", "Quincy", "Anouk", "Rafael", "Delia", "Tobias",
	"Faye", "Kenji", "Lucinda", "Amos", "Henrietta", "Bram", "Odette", "Silas", "Vera", "Malik",
}

var lastNames = []string{
	"Vega", "Lindqvist", "Brandt", "Alder", "Finch", "O'Neil", "Castellanos", "Whitlock", "Nakamura", "Sorensen",
	"Abernathy", "Peña", "Dubois", "Kowalczyk", "Achterberg", "Mbeki", "Hargrove", "Ivanova", "Templeton", "Zielinski",
	"Ferreira", "Oduya", "Blackwood", "Castañeda", "Marchetti", "Yamada", "Strand", "Pellegrino", "Quist", "Rutherford",
	"Van der Berg", "Åkesson", "Delacroix", "Holloway", "Mirza", "Northcott", "Sandoval", "Thorne", "Ueda", "Winslow",
}

type locale struct{ city, state, zip, county string }

var colorado = []locale{
	{"Boulder", "CO", "80302", "Boulder"}, {"Louisville", "CO", "80027", "Boulder"}, {"Lafayette", "CO", "80026", "Boulder"},
	{"Denver", "CO", "80203", "Denver"}, {"Arvada", "CO", "80002", "Jefferson"}, {"Golden", "CO", "80401", "Jefferson"},
	{"Longmont", "CO", "80501", "Boulder"}, {"Fort Collins", "CO", "80524", "Larimer"}, {"Littleton", "CO", "80120", "Arapahoe"},
	{"Broomfield", "CO", "80020", "Broomfield"}, {"Westminster", "CO", "80031", "Adams"}, {"Erie", "CO", "80516", "Weld"},
}

// New England zips begin with a zero that must survive.
var newEngland = []locale{
	{"Boston", "MA", "02116", "Suffolk"}, {"Portland", "ME", "04101", "Cumberland"}, {"Hartford", "CT", "06103", "Hartford"},
	{"Providence", "RI", "02903", "Providence"}, {"Concord", "NH", "03301", "Merrimack"},
}

var streets = []string{"Alder Ct", "Heron Ct", "Canyon Way", "Pearl St", "Aspen Ln", "Spruce St", "Mesa Dr", "Quail Run", "Baseline Rd", "Cherry Creek Dr"}

// firms lists each firm with the spellings people use for it.
var firms = [][]string{
	{"Vega Design", "Vega Design LLC", "VEGA DESIGN"},
	{"Front Range Plumbing", "Front Range Plumbing Inc.", "Frontrange Plumbing"},
	{"Summit & Stone Architects", "Summit and Stone Architects", "Summit & Stone"},
	{"Blue Spruce Lending", "Blue Spruce Lending, Inc", "blue spruce lending"},
	{"Larkspur Title", "Larkspur Title Co", "Larkspur Title Company"},
	{"Old Mill Bakery", "The Old Mill Bakery", "Old Mill Bakery "},
	{"High Plains Dental", "High Plains Dental Group", "Highplains Dental"},
	{"Cottonwood School", "Cottonwood School", "Cottonwood Sch."},
}

var groupNames = []string{"Past Clients", "Buyers", "Sellers", "Open House Sign-ins", "Neighborhood Farm", "Investors", "Vendors"}

var teamNames = []string{"Downtown Team", "East Office", "Luxury", "Relocation", "New Agents"}

type propertyDef struct {
	name, kind string
	options    []string
}

var propertyDefs = []propertyDef{
	{"Home Anniversary", "date", nil}, {"Birthday", "date", nil}, {"Preferred Area", "string", nil},
	{"Price Range", "enum", []string{"under 400k", "400k-600k", "600k-900k", "over 900k"}},
	{"Lender", "string", nil}, {"Referral Source", "string", nil}, {"Spouse Name", "string", nil}, {"Pre-approved", "bool", nil},
}

type pieceDef struct {
	name, kind string
	listing    bool
}

var pieces = []pieceDef{
	{"Just Listed", "listing_piece", true}, {"Open House", "rsvp", true}, {"Price Reduced", "listing_piece", true},
	{"Under Contract", "listing_piece", true}, {"Just Sold", "postcard", true}, {"Market Report", "market_report", false},
	{"Newsletter", "newsletter", false}, {"Holiday Greeting", "other", false},
}

var noteBodies = []string{
	"Met at open house.<br>Wants a yard.",
	"Prefers e-mail in the evening.\nDo not call before ten.",
	"Downsizing next spring; <b>two bedrooms</b>, no stairs.",
	"Asked for comparables on Heron Ct.",
	"Referred by a neighbor. Pre-approved up to 650,000.",
	"Left a voicemail, will try again on Friday.",
	"Wants to stay in the school district.\r\nLease ends in June.",
}

var taskTitles = []string{"Send comparables", "Call about pre-approval", "Schedule a showing", "Mail closing gift", "Review the contract", "Ask for a referral"}

var leadMessages = []string{"Is it still available?", "Could we see it on Saturday?", "What are the HOA fees?", "Please send the disclosures.", ""}

var agentTitles = []opt{"Broker Associate", "Realtor", "Employing Broker", ""}

var userAgents = []string{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"}

var devices = []string{"mobile", "desktop", "tablet"}

var filenames = []struct{ name, kind string }{
	{"floor plan.pdf", "application/pdf"}, {"disclosure.pdf", "application/pdf"}, {"inspection report.pdf", "application/pdf"},
	{"front.jpg", "image/jpeg"}, {"kitchen.png", "image/png"}, {"comparables.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"notes.txt", "text/plain"},
}
