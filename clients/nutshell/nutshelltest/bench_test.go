package nutshelltest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"

	"rezora2nutshell/clients/nutshell/nutshelltest"
)

func benchServer(b *testing.B) *nutshelltest.Server {
	cfg := nutshelltest.DefaultConfig()
	cfg.FindRatePerSecond = 0
	s := nutshelltest.New(cfg)
	if _, err := s.AddCustomField("Contacts", nutshelltest.FieldDef{Name: "Legacy ID", Type: "Text"}); err != nil {
		b.Fatal(err)
	}
	if err := s.AddTag("Contacts", "Imported"); err != nil {
		b.Fatal(err)
	}
	if _, err := s.CreateAccount(map[string]any{"name": "Tern Homes"}); err != nil {
		b.Fatal(err)
	}
	return s
}

func newContactBody(i int) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":"c-%d","method":"newContact","params":{"contact":{"name":{"givenName":"Ines","familyName":"Okafor %d"},`+
		`"email":{"0":"ines%d@example.com","work":"io%d@example.com"},"phone":{"mobile":"+15125550142"},`+
		`"address":{"home":{"address_1":"12 Elm St","city":"Austin","state":"TX","postalCode":"78701"}},"tags":["Imported"],`+
		`"customFields":{"Legacy ID":"p-%d"}}}}`, i, i, i, i, i)
}

func send(b testing.TB, s http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/json", bytes.NewReader([]byte(body)))
	r.SetBasicAuth(nutshelltest.SeedUser, nutshelltest.SeedKey)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w
}

func BenchmarkNewContact(b *testing.B) {
	s := benchServer(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		send(b, s, newContactBody(i))
	}
}

// BenchmarkMemory reports what one contact with a note costs in a full account.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		s := benchServer(b)
		before := heap()
		const records = 100_000
		for i := range records {
			send(b, s, newContactBody(i))
			send(b, s, fmt.Sprintf(`{"id":"n","method":"newNote","params":{"entity":{"entityType":"Contacts","id":%d},"note":"Called, wants an offer."}}`, i+1))
		}
		b.ReportMetric(float64(heap()-before)/records, "B/contact")
		runtime.KeepAlive(s)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkFindContacts reads pages of 100 full records far into 100,000.
func BenchmarkFindContacts(b *testing.B) {
	s := benchServer(b)
	for i := range 100_000 {
		send(b, s, newContactBody(i))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		send(b, s, fmt.Sprintf(`{"id":"c","method":"findContacts","params":{"query":{},"orderBy":"id","limit":100,"page":%d,"stubResponses":false}}`, 1+i%1000))
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkGetContact(b *testing.B) {
	s := benchServer(b)
	send(b, s, newContactBody(1))
	b.ReportAllocs()
	for b.Loop() {
		send(b, s, `{"id":"c","method":"getContact","params":{"contactId":1}}`)
	}
}
