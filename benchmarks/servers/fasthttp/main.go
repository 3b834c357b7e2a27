// The cheapest server that Go's fasthttp can be: "Hello world!" to whatever is asked.
//
// Usage: fasthttp ADDRESS [ADDRESS]. At the second address it is encrypted, by a certificate of
// its own making.
package main

import (
	"log"
	"os"

	"github.com/valyala/fasthttp"
)

func main() {
	server := &fasthttp.Server{
		NoDefaultServerHeader: true,
		NoDefaultDate:         true,
		Handler: func(context *fasthttp.RequestCtx) {
			context.SetContentType("text/plain")
			context.SetBodyString("Hello world!")
		},
	}
	if len(os.Args) > 2 {
		certificate, key, err := fasthttp.GenerateTestCertificate("localhost")
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(server.ListenAndServeTLSEmbed(os.Args[2], certificate, key)) }()
	}
	log.Fatal(server.ListenAndServe(os.Args[1]))
}
