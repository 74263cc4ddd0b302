package rezoratest_test

import (
	"fmt"
	"net/http"

	"rezora2nutshell/clients/rezora/rezoratest"
)

func Example() {
	cfg := rezoratest.DefaultConfig()
	cfg.Size, cfg.Tokens = "XS", []string{"a-token"}
	sim := rezoratest.NewServer(cfg)
	defer sim.Close()

	req, err := http.NewRequest(http.MethodGet, sim.URL+"/api/v1/contacts/count", nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer a-token")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	_ = res.Body.Close()
	fmt.Println(res.StatusCode, sim.Count("contacts"), len(sim.Stats().Violations))
	// Output: 200 60 0
}
