# The two commands are `make run` and `make test`; dev.py does the work and also runs without make.
.PHONY: run test check histories publishing chaos bench
run test check histories publishing chaos bench:
	@python3 dev.py $@ $(ARGS)
