module hasuradefault

go 1.24

require github.com/hasura/go-graphql-client v0.15.1

require (
	github.com/coder/websocket v1.8.13 // indirect
	github.com/google/uuid v1.6.0 // indirect
)
