"""The route behind HTTP: sound comes in, a film of somebody who says it goes out.

    request ──gate──▶ read ──crew──▶ worker: sound + portrait ──film──▶ answer, or kept on the shelf

`deckard_cli.serve.lipsync:app` makes the server for whatever runs ASGI; `deckard serve lipsync` runs it. Films are made
in processes of their own (`bench`), one at a time each; everything before that only reads, counts and refuses.
"""
