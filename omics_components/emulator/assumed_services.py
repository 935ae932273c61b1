"""What is assumed of keys and buckets: what HealthOmics needs of them, and how KMS and S3 lag."""

from omics_components.emulator.assumptions import Alternative, Assumption, Evidence

_NONE = Evidence("No source says so.", "none")
_GUIDE = "HealthOmics user guide"

SERVICES: tuple[Assumption, ...] = (
    # Keys
    Assumption(
        "source-account",
        "keys",
        "HealthOmics sends aws:SourceAccount and aws:SourceArn to KMS and S3.",
        "assumed",
        Evidence(
            "AWS recommends both in general; its examples for storage show neither.",
            f"{_GUIDE}; IAM documentation, confused deputy",
        ),
        (
            Alternative("neither", "It sends neither."),
            Alternative("not-to-kms", "It sends them to S3 only."),
            Alternative("not-to-s3", "It sends them to KMS only."),
            Alternative("account-only", "It sends aws:SourceAccount only."),
        ),
        ("kms_key/key_policy.py", "s3_bucket/configuration.py", "EncryptedSequenceStore"),
        "Create stores with a key policy with and without the condition; abort an upload to a "
        "bucket with and without it.",
    ),
    Assumption(
        "key-actions",
        "keys",
        "CreateSequenceStore needs kms:DescribeKey, GenerateDataKey and "
        "GenerateDataKeyWithoutPlaintext of the key policy; kms:Decrypt is needed later.",
        "documented",
        Evidence("The guide names the three for access validation checks.", _GUIDE),
        (Alternative("decrypt-too", "kms:Decrypt is needed, too."),),
        ("kms_key/key_policy.py",),
        "Create stores with key policies that lack one action each.",
    ),
    Assumption(
        "bad-key",
        "keys",
        "A key that cannot be used is a ValidationException of CreateSequenceStore; one whose "
        "policy does not admit the service is an AccessDeniedException.",
        "assumed",
        Evidence("The operation declares both.", "botocore, omics 2022-11-28"),
        (
            Alternative("always-denied", "Both are an AccessDeniedException."),
            Alternative("always-validation", "Both are a ValidationException."),
            Alternative("failed-later", "The call is accepted, and the store becomes FAILED.", 5),
        ),
        ("sequence_store/creation.py", "errors.py"),
        "Create stores with an unknown, a disabled and a foreign key, and with a policy without "
        "the service.",
    ),
    Assumption(
        "key-region",
        "keys",
        "A store takes a key of its own Region only.",
        "assumed",
        Evidence("KMS keys are regional.", "KMS documentation"),
        (Alternative("any-region", "A key of another Region is admitted."),),
        ("sequence_store/handler.py: _key_of_another_region",),
        "Create a store with a key of another Region.",
    ),
    Assumption(
        "describe-key-by-alias",
        "keys",
        "IAM checks a DescribeKey by an alias that no key has on the alias.",
        "assumed",
        Evidence("The reference lists the type key only.", "service authorization reference"),
        (
            Alternative(
                "key-only",
                "It checks it on a key, or on *.",
                acted_out=False,
                reason="the deployer policy grants the action on aliases and keys, so both pass",
            ),
        ),
        ("kms_key/iam.py",),
        "Describe an alias that no key has, with the action granted on keys only.",
        "by hand",
    ),
    Assumption(
        "key-alias",
        "keys",
        "sseConfig.keyArn may not be the ARN of an alias.",
        "assumed",
        _NONE,
        (
            Alternative("resolved", "It may, and the ARN of the key is reported."),
            Alternative("kept", "It may, and the ARN of the alias is reported."),
        ),
        ("sequence_store/model.py",),
        "Create a store with the ARN of an alias.",
    ),
    Assumption(
        "new-keys",
        "keys",
        "A store can be created with a key that was made a moment ago.",
        "assumed",
        Evidence("KMS is eventually consistent.", "KMS documentation"),
        (Alternative("ten-seconds", "The key is unknown for ten seconds.", 10),),
        ("aws/new_keys.py", "EncryptedSequenceStore"),
        "Create a key and a store with it at once.",
    ),
    Assumption(
        "kms-lags-after-create",
        "keys",
        "KMS knows a key as soon as CreateKey has answered, for at most a minute it may not.",
        "assumed",
        Evidence('"eventual consistency", without a number', "KMS documentation"),
        (Alternative("ten-seconds", "Calls on the key are NotFoundException for 10 s.", 10),),
        ("kms_key/api.py: LONGEST_LAG_S",),
        "Create a key and describe it at once.",
    ),
    Assumption(
        "kms-tags-lag",
        "keys",
        "ListResourceTags of KMS shows tags as soon as they were written.",
        "assumed",
        Evidence(
            "Changes of tags may take up to five minutes to count in authorization.",
            "KMS documentation",
        ),
        (
            Alternative("five-seconds", "It shows those of five seconds ago.", 5),
            Alternative("two-minutes", "It shows those of two minutes ago.", 120),
        ),
        ("kms_key/api.py", "lifecycle/fence.py", "promise 5"),
        "Tag a key ten times; list right after each.",
    ),
    Assumption(
        "tag-index-lags",
        "tags",
        "GetResources of the tagging API has a key as soon as it was made.",
        "assumed",
        Evidence("It is an index, without a number for its lag.", "Resource Groups Tagging API"),
        (Alternative("two-minutes", "It lacks keys younger than two minutes.", 120),),
        ("kms_key/creation.py", "promise 4"),
        "Create a key with tags and call GetResources at once.",
    ),
    # Buckets
    Assumption(
        "fallback-object-names",
        "buckets",
        "Parts of failed uploads land below the fallback location and the id of the store.",
        "assumed",
        _NONE,
        (Alternative("flat", "They land right below the fallback location."),),
        ("docs/s3_bucket.md",),
        "Abort a direct upload and list the bucket.",
        "by hand",
    ),
    Assumption(
        "access-log-writer",
        "buckets",
        "HealthOmics itself writes access logs, as omics.amazonaws.com.",
        "inferred",
        Evidence(
            "The bucket behind the access point is the service's, and S3 server access logs need "
            "source and target in one account. The guide names omics.amazonaws.com for fallback "
            "or access logs with a KMS key.",
            f"{_GUIDE}, synchronous uploads; S3 user guide",
        ),
        (
            Alternative("s3-logging", "S3 writes them, as logging.s3.amazonaws.com."),
            Alternative(
                "checked",
                "CreateSequenceStore is refused where the bucket does not let "
                "omics.amazonaws.com write.",
            ),
        ),
        ("s3_bucket/configuration.py: _SERVICES", "EncryptedSequenceStore(access_logs)"),
        "Send the access logs of two stores to two buckets, one for each principal; look a day "
        "later.",
        "waiting",
    ),
    Assumption(
        "log-bucket-missing",
        "buckets",
        "An access log location in a bucket that does not exist is admitted.",
        "assumed",
        _NONE,
        (Alternative("refused", "It is a ValidationException."),),
        ("emulator/resource_checks.py",),
        "Create a store with the access log location s3://<no such bucket>.",
    ),
    Assumption(
        "log-bucket-code",
        "buckets",
        "An access log bucket of another Region or account is a ValidationException.",
        "assumed",
        Evidence("It must be in the Region and account.", "botocore, omics 2022-11-28"),
        (Alternative("denied", "It is an AccessDeniedException."),),
        ("emulator/resource_checks.py",),
        "Create a store with an access log bucket of another Region.",
    ),
    Assumption(
        "bucket-creation-tags",
        "buckets",
        "CreateBucket takes tags.",
        "documented",
        Evidence("CreateBucketConfiguration has Tags.", "botocore, s3"),
        (
            Alternative("ignored", "The bucket has none afterwards."),
            Alternative("refused", "It is MalformedXML."),
        ),
        ("s3_bucket/creation.py", "docs/adr/0018", "promise 4"),
        "Create a bucket with tags and read them.",
    ),
    Assumption(
        "existing-bucket-tags",
        "buckets",
        "CreateBucket of a bucket that is there already leaves its tags.",
        "assumed",
        Evidence("us-east-1 answers 200 to its owner.", "S3 documentation"),
        (Alternative("replaced", "us-east-1 replaces them."),),
        ("s3_bucket/creation.py", "promise 5"),
        "Create a bucket twice in us-east-1 with other tags.",
    ),
    Assumption(
        "bucket-tags-lag",
        "buckets",
        "GetBucketTagging has the tags of a bucket as soon as CreateBucket has answered.",
        "assumed",
        Evidence("S3 is strongly consistent for objects; configurations are not.", "S3 user guide"),
        (
            Alternative("ten-seconds", "There are none for ten seconds.", 10),
            Alternative("two-minutes", "There are none for two minutes.", 120),
        ),
        ("s3_bucket/creation.py", "promise 4"),
        "Create a bucket with tags and read them at once.",
    ),
    Assumption(
        "bucket-aborted-operations",
        "buckets",
        "Calls that configure a bucket can follow CreateBucket at once, or fail for a minute.",
        "assumed",
        Evidence("OperationAborted exists for conflicting operations.", "S3 error responses"),
        (Alternative("five-seconds", "They are OperationAborted for five seconds.", 5),),
        ("s3_bucket/handler.py: _wait_consistent",),
        "Create a bucket and set its policy at once.",
    ),
)
