package config

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
)

// Temporal says where the Temporal server is and how to talk to it.
type Temporal struct {
	Address    string `env:"TEMPORAL_ADDRESS"`   // host:port, default 127.0.0.1:7233
	Namespace  string `env:"TEMPORAL_NAMESPACE"` // default "default"
	TaskQueue  string `env:"TEMPORAL_TASK_QUEUE"`
	CAFile     string `env:"TEMPORAL_TLS_CA"`          // PEM; trusted instead of the system's certificates
	CertFile   string `env:"TEMPORAL_TLS_CERT"`        // PEM; together with KeyFile
	KeyFile    string `env:"TEMPORAL_TLS_KEY"`         // PEM
	ServerName string `env:"TEMPORAL_TLS_SERVER_NAME"` // the name the server's certificate must carry
	APIKey     Secret `env:"TEMPORAL_API_KEY"`         // implies TLS
	// Deployment and BuildID make a worker a version of a Worker Deployment; both empty: it takes any task. Their names are those that
	// the Temporal Worker Controller gives to its workers.
	Deployment string `env:"TEMPORAL_DEPLOYMENT_NAME"`
	BuildID    string `env:"TEMPORAL_WORKER_BUILD_ID"`
}

func loadTemporal(env environment, c *Config) error {
	t := Temporal{Address: "127.0.0.1:7233", Namespace: "default", TaskQueue: "crm-migration"}
	if err := env.fill(&t); err != nil {
		return err
	}
	if err := checkHostPort("TEMPORAL_ADDRESS", t.Address, "temporal.example:7233"); err != nil {
		return err
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		if t.KeyFile == "" {
			return missing("TEMPORAL_TLS_KEY", "TEMPORAL_TLS_CERT needs it")
		}
		return missing("TEMPORAL_TLS_CERT", "TEMPORAL_TLS_KEY needs it")
	}
	if err := t.checkDeployment(); err != nil {
		return err
	}
	if _, err := t.TLS(); err != nil {
		return err
	}
	c.Temporal = t
	return nil
}

func (t Temporal) checkDeployment() error {
	const name, build = "TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID"
	switch {
	case t.Deployment != "" && t.BuildID == "":
		return missing(build, name+" needs it")
	case t.Deployment == "" && t.BuildID != "":
		return missing(name, build+" needs it")
	}
	for setting, value := range map[string]string{name: t.Deployment, build: t.BuildID} {
		if strings.ContainsAny(value, ": \t\r\n") {
			return bad(setting, quote(value)+" holds a colon or white space", "use letters, digits, - and _")
		}
	}
	return nil
}

// TLS returns the client's TLS settings, or nil when the connection is to be plain: no TLS setting and no API key.
func (t Temporal) TLS() (*tls.Config, error) {
	if t.CAFile == "" && t.CertFile == "" && t.ServerName == "" && !t.APIKey.Set() {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := readFile("TEMPORAL_TLS_CA", t.CAFile)
		if err != nil {
			return nil, err
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, bad("TEMPORAL_TLS_CA", quote(t.CAFile)+" holds no PEM certificate", "name a file with the server's CA")
		}
	}
	if t.CertFile == "" {
		return out, nil
	}
	cert, err := readFile("TEMPORAL_TLS_CERT", t.CertFile)
	if err != nil {
		return nil, err
	}
	key, err := readFile("TEMPORAL_TLS_KEY", t.KeyFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, bad("TEMPORAL_TLS_CERT", "certificate and key cannot be used together: "+reason(err), "give the PEM files of one pair")
	}
	out.Certificates = []tls.Certificate{pair}
	return out, nil
}
