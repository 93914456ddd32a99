"""Fine-tuning jobs: their life, their queue, the thread or the processes that train them."""
