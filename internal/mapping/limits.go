package mapping

// maxTextArea is the longest custom textarea (nutshell contract 6.4), whatever an account's own limits are.
const maxTextArea = 65536

// Limits are the lengths, in characters, and the file size that the account takes (nutshell contract 6.4).
type Limits struct {
	Name            int   // contact parts, account names, relationships, titles, locations, address parts
	Text            int   // custom text
	TextArea        int   // custom textarea
	Note            int   // notes
	Description     int   // descriptions other than a lead's
	LeadDescription int   // lead description
	Email           int   // e-mail addresses
	Phone           int   // phone numbers
	URL             int   // urls
	Label           int   // labels of multi-value entries
	FileBytes       int64 // bytes of a file
}

// DefaultLimits are those of nutshell contract 6.4.
func DefaultLimits() Limits {
	return Limits{
		Name: 255, Text: 255, TextArea: maxTextArea, Note: 65536, Description: 65536, LeadDescription: 100,
		Email: 255, Phone: 50, URL: 2048, Label: 64, FileBytes: 10 << 20,
	}
}
