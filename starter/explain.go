package main

import "github.com/spf13/cobra"

func explainCommand(c console) *cobra.Command { return &cobra.Command{Use: "explain"} }
