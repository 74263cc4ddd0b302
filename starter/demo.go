package main

import "github.com/spf13/cobra"

func demoCommand(c console) *cobra.Command { return &cobra.Command{Use: "demo"} }
