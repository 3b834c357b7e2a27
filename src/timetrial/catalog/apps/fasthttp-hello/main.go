// The outside reference: fasthttp on one thread of Go code.
package main

import (
	"log"
	"os"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

func noop() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func answer(ctx *fasthttp.RequestCtx) {
	<-noop()
	ctx.SetContentType("text/plain; charset=utf-8")
	path := string(ctx.Path())
	switch {
	case path == "/":
		ctx.SetBodyString("Hello world!")
	case strings.HasPrefix(path, "/echo/"):
		ctx.SetBodyString(strings.TrimPrefix(path, "/echo/"))
	default:
		ctx.SetStatusCode(fasthttp.StatusNotFound)
		ctx.SetBodyString("Not found")
	}
	if !ctx.Request.ConnectionClose() {
		ctx.Response.Header.Set("Connection", "keep-alive")
	}
}

func main() {
	server := &fasthttp.Server{
		Handler:               answer,
		NoDefaultServerHeader: true,
		NoDefaultDate:         true,
		IdleTimeout:           120 * time.Second,
	}
	if err := server.ListenAndServe(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
