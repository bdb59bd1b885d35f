"""The sample office: invented people, the systems that know them, and the demo played on them."""
