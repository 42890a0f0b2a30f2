"""What is to be paid for tickets, without a provider: settled by hand or by bank statement."""
