// A sequence store here, and one in another account.
package main

import (
	omics "omics-components/sdk/go/omicscomponents"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		there, err := omics.NewProvider(ctx, "there", &omics.ProviderArgs{
			Region: pulumi.String("eu-west-1"),
			AssumeRoles: omics.AssumeRoleArray{
				omics.AssumeRoleArgs{RoleArn: pulumi.String("arn:aws:iam::222233334444:role/deployer")},
			},
			AllowedAccountIds: pulumi.StringArray{pulumi.String("222233334444")},
		})
		if err != nil {
			return err
		}
		reads, err := omics.NewEncryptedSequenceStore(ctx, "reads", &omics.EncryptedSequenceStoreArgs{
			Description: pulumi.String("Reads of the lab"),
		})
		if err != nil {
			return err
		}
		far, err := omics.NewSequenceStore(ctx, "far", &omics.SequenceStoreArgs{
			ETagAlgorithmFamily: omics.ETagAlgorithmFamilySHA256up,
		}, pulumi.Provider(there))
		if err != nil {
			return err
		}
		ctx.Export("arn", reads.Arn)
		ctx.Export("farArn", far.Arn)
		return nil
	})
}
