#!/bin/sh
# Signs a program in, asks who it is, renews its tokens and signs it out. Needs curl and jq.
# usage: sign-in.sh URL E-MAIL PASSWORD [CODE-OF-THE-SECOND-FACTOR]
set -eu
url=$1
post() { curl -sS --fail-with-body -H 'Content-Type: application/json' "$url/api/v1/auth/$1" -d @-; }

tokens=$(jq -n --arg email "$2" --arg password "$3" --arg otp "${4-}" \
	'{grant_type: "password", email: $email, password: $password} + if $otp == "" then {} else {otp: $otp} end' | post token)
curl -sS -H "Authorization: Bearer $(echo "$tokens" | jq -r .access_token)" "$url/api/v1/me" | jq '{name, roleName}'

# Before the ten minutes are over. The old refresh token is used up by it.
tokens=$(echo "$tokens" | jq '{grant_type: "refresh_token", refresh_token}' | post token)
echo "renewed, good for $(echo "$tokens" | jq .expires_in) s"

echo "$tokens" | jq '{token: .refresh_token}' | post revoke >/dev/null
echo "signed out"
