package nutshell

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// NewTransport is the transport that a Client uses when none is given:
// HTTP/1.1 with one kept connection for each call in flight, and connections
// that count what was written, so that a call which failed on a dead kept
// connection can be told from one that may have arrived. Wrap it in tests.
func NewTransport(concurrency int) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: c}, nil
		},
		// A hung handshake is no connection yet, and must not eat the time-out.
		TLSHandshakeTimeout: handshakeTimeout,
		MaxIdleConns:        concurrency,
		MaxIdleConnsPerHost: concurrency,
		// Shorter than the usual keep-alive of servers and balancers, so that
		// a connection is seldom reused while the other end closes it.
		IdleConnTimeout: 25 * time.Second,
		Protocols:       protocols,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
	}
	// Counting above TLS leaves its own records out, the farewell of a dead
	// connection above all.
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		cfg := t.TLSClientConfig.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName, _, _ = net.SplitHostPort(addr)
		}
		secure := tls.Client(c, cfg)
		ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
		defer cancel()
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			return nil, err
		}
		return &countedConn{Conn: secure}, nil
	}
	return t
}

const handshakeTimeout = 15 * time.Second

// countedConn counts the bytes handed to the network. The count grows before
// the write, so a count that did not move after Close proves that nothing left.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.written.Add(int64(len(b)))
	return c.Conn.Write(b)
}

// counted finds the countedConn of a connection: itself, or through a proxy
// the one under TLS.
func counted(c net.Conn) *countedConn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	cc, _ := c.(*countedConn)
	return cc
}
