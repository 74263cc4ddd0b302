package nutshelltest

import "fmt"

// address holds the parts in the order of addressParts.
type address [8]string

var addressParts = [8]string{"name", "address_1", "address_2", "address_3", "city", "state", "postalCode", "country"}

const (
	partName  = 0
	partLine1 = 1
	partCity  = 4
	partState = 5
)

func (p *parser) addresses() valueReader[address] {
	single := func(in object) bool {
		for _, k := range addressParts {
			if _, ok := in[k]; ok {
				return true
			}
		}
		return false
	}
	read := func(field string, v any) (address, bool, *Error) {
		var a address
		if v == nil || v == "" {
			return a, false, nil
		}
		in, ok := v.(map[string]any)
		if !ok {
			return a, false, invalid(field, "not an address")
		}
		for i, k := range addressParts {
			s, err := p.limited(field+"."+k, in[k], maxName)
			if err != nil {
				return a, false, err
			}
			a[i] = s
		}
		return a, a != address{}, nil
	}
	return valueReader[address]{single, read}
}

func (a address) region() string {
	if a[partCity] == "" || a[partState] == "" {
		return ""
	}
	return a[partCity] + ", " + a[partState]
}

func (w *view) address(a address) {
	w.open('{')
	w.addressParts(a, true)
	w.close('}')
}

// addressParts prints the members; an activity's location has the name "".
func (w *view) addressParts(a address, nullName bool) {
	for i, k := range addressParts {
		if i == partName && nullName {
			w.kopt(k, a[i])
		} else {
			w.kstr(k, a[i])
		}
	}
	if !w.cfg.Geocode {
		w.knull("location")
		w.knull("locationAccuracy")
		w.knull("timezone")
		return
	}
	lat, lon := a.coordinates()
	w.kstr("location", fmt.Sprintf("%.4f,%.4f", lat, lon))
	w.knum("locationAccuracy", 8)
	w.kstr("timezone", "America/New_York")
}

// coordinates are invented from the text, so that equal addresses agree.
func (a address) coordinates() (lat, lon float64) {
	h := uint32(2166136261)
	for _, part := range a {
		for i := range len(part) {
			h = (h ^ uint32(part[i])) * 16777619
		}
	}
	return 25 + float64(h%2400)/100, -120 + float64(h>>12%5000)/100
}
