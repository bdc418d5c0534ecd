"""What each class of party may see, per purpose: output models that have no field for anything else."""
