package rezora

import "errors"

// attachmentFailures are the faults of one file in words for the report.
var attachmentFailures = []struct {
	err  error
	text string
}{
	{ErrFileGone, "deleted at the source"},
	{ErrFileMissing, "the source does not have the file"},
	{ErrFileMismatch, "size or SHA-256 differ from what the source says"},
	{ErrFileTooLarge, "larger than attachments.max_bytes"},
	{ErrFileExpired, "the download link was refused"},
	{errPrivateHost, "the link leads to a private address"},
	{errRedirect, "the link leads to a scheme or host that is refused"},
	{errManyRedirects, "more than 5 redirects"},
	{errLink, "the link is malformed"},
}

// AttachmentFailure tells a fault of one attachment, which fails alone and is reported, from a fault of the source, which concerns
// all. The reason is plain and names no data.
func AttachmentFailure(err error) (reason string, alone bool) {
	for _, f := range attachmentFailures {
		if errors.Is(err, f.err) {
			return f.text, true
		}
	}
	return "", false
}
