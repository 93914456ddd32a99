"""Chat completions: asked, answered, streamed, stored."""
