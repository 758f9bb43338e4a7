#!/usr/bin/env bash
# Trains routing/topics.bin anew and prints the figures of docs/topic-model.md.
#
#   routing/training/report.sh HEADGATE CORPORA
#
# HEADGATE is the built program, CORPORA a folder with train.jsonl.gz and dev.jsonl.gz.
set -euo pipefail
headgate=$1 corpora=$2
here=$(dirname "$0")
model=$here/../topics.bin
gzip -dc "$corpora/train.jsonl.gz" | "$headgate" train --data - --start none --seed 3 --out "$model" \
  --forms "$here/own_prompts.txt" --forms "$here/ask_prompts.txt" --forms "$here/world_prompts.txt" \
  --forms "$here/frame_prompts.txt"
echo
echo "On the real prompts, which were not used for training:"
echo
gzip -dc "$corpora/dev.jsonl.gz" | "$headgate" evaluate --data - --model "$model"
