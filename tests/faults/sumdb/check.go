// Checks the ledger's notes and proofs with the Go project's own code, and nothing of ours.
//
// Reads one JSON question a line, answers "yes" or "no: why" a line.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Ask    string   `json:"ask"`
	Key    string   `json:"key"`
	Note   []byte   `json:"note"`
	Older  []byte   `json:"older"`
	Seq    int64    `json:"seq"`
	Record []byte   `json:"record"`
	Proof  []string `json:"proof"`
}

func checkpoint(written []byte, key string) (int64, tlog.Hash, error) {
	var root tlog.Hash
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return 0, root, err
	}
	opened, err := note.Open(written, note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return 0, root, errors.New("no checkpoint of this origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return 0, root, err
	}
	sum, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(sum) != tlog.HashSize {
		return 0, root, errors.New("no root")
	}
	copy(root[:], sum)
	return size, root, nil
}

func hashes(written []string) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, one := range written {
		sum, err := hex.DecodeString(one)
		if err != nil || len(sum) != tlog.HashSize {
			return nil, errors.New("no hash")
		}
		var hash tlog.Hash
		copy(hash[:], sum)
		all = append(all, hash)
	}
	return all, nil
}

func answer(q question) error {
	size, root, err := checkpoint(q.Note, q.Key)
	if err != nil || q.Ask == "note" {
		return err
	}
	proof, err := hashes(q.Proof)
	if err != nil {
		return err
	}
	if q.Ask == "inclusion" {
		return tlog.CheckRecord(proof, size, root, q.Seq, tlog.RecordHash(q.Record))
	}
	older, olderRoot, err := checkpoint(q.Older, q.Key)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, size, root, older, olderRoot)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var q question
		err := json.Unmarshal(lines.Bytes(), &q)
		if err == nil {
			err = answer(q)
		}
		if err != nil {
			fmt.Println("no:", err)
		} else {
			fmt.Println("yes")
		}
	}
}
