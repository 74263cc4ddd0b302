package config

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// quote shows a value that is not secret, shortened, on one line.
func quote(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// IsLoopback says whether host (without port) can only be this machine.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// checkBaseURL returns raw without trailing slashes. Plain http is refused unless the host is loopback or plain allows it.
// The value is not shown when it carries a password.
func checkBaseURL(setting, raw string, plain bool, plainCure string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return "", bad(setting, "is not a URL with scheme and host", "write it like https://host.example")
	}
	if u.User != nil {
		return "", bad(setting, "carries credentials", "give them by their own settings")
	}
	if u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return "", bad(setting, quote(raw)+" has a query or fragment", "give scheme, host and path only")
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !plain && !IsLoopback(u.Hostname()) {
			return "", bad(setting, quote(raw)+" is plain http to a host that is not loopback", plainCure)
		}
	default:
		return "", bad(setting, "has the scheme "+quote(u.Scheme), "use https")
	}
	return strings.TrimRight(raw, "/"), nil
}

func checkHostPort(setting, value, example string) error {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return bad(setting, quote(value)+" is not host:port", "write it like "+example)
	}
	return nil
}

// checkRange refuses numbers outside lo to hi, both allowed.
func checkRange(setting string, v, lo, hi float64) error {
	if math.IsNaN(v) || v < lo || v > hi {
		return bad(setting, number(v)+" is out of range", fmt.Sprintf("use %s to %s", number(lo), number(hi)))
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func checkChoice(setting, value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return bad(setting, quote(value)+" is not known", "use one of "+strings.Join(choices, ", "))
}

// checkSubset refuses a value outside known and a value named twice.
func checkSubset(setting string, values, known []string) error {
	seen := map[string]bool{}
	for _, v := range values {
		if err := checkChoice(setting, v, known...); err != nil {
			return err
		}
		if seen[v] {
			return bad(setting, quote(v)+" is named twice", "name it once")
		}
		seen[v] = true
	}
	return nil
}

func checkFolder(setting, path string) error {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return bad(setting, "the folder "+quote(path)+" does not exist", "create it or correct the path")
	case err != nil:
		return bad(setting, "the folder "+quote(path)+" cannot be read: "+reason(err), "correct its permissions")
	case !info.IsDir():
		return bad(setting, quote(path)+" is not a folder", "name a folder")
	}
	return nil
}

func checkFile(setting, path string) error {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return bad(setting, "the file "+quote(path)+" does not exist", "create it or correct the path")
	case err != nil:
		return bad(setting, "the file "+quote(path)+" cannot be read: "+reason(err), "correct its permissions")
	case info.IsDir():
		return bad(setting, quote(path)+" is a folder", "name a file")
	}
	return nil
}

// readFile reads a small file that a setting names.
func readFile(setting, path string) ([]byte, error) {
	if err := checkFile(setting, path); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, bad(setting, "the file "+quote(path)+" cannot be read: "+reason(err), "correct its permissions")
	}
	return b, nil
}

// othersMayRead says whether the file is open to anyone but its owner.
func othersMayRead(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o077 != 0
}

// reason drops the operation and the path that the os package puts before its errors.
func reason(err error) string {
	var s string
	for e := err; e != nil; {
		s = e.Error()
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			break
		}
		e = u.Unwrap()
	}
	return s
}
